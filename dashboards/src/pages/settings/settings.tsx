import { PageHead, Segments } from '../../parts/controls.tsx'
import { useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Company } from './company.tsx'
import { Documents } from './documents.tsx'
import { Keys } from './keys.tsx'
import { Members } from './members.tsx'
import { Names } from './names.tsx'
import { Targets } from './targets.tsx'

const PARTS = [
  ['', 'Company'],
  ['members', 'Members'],
  ['targets', 'Targets'],
  ['calendars', 'Calendars'],
  ['maps', 'Maps'],
  ['aliases', 'Names elsewhere'],
  ['glossary', 'Glossary'],
  ['keys', 'Keys'],
] as const

/** Who belongs to the company as Accord knows it, how it counts time and money, and what opens it. */
export const Settings = () => {
  const { get, patch } = useView()
  const { scopes } = useSession()
  const part = PARTS.find(([each]) => each === get('part'))?.[0] ?? ''
  const offered = PARTS.filter(([each]) => each !== 'keys' || scopes.includes('admin'))
  return (
    <>
      <PageHead
        title="Settings"
        about="Who works here, what is aimed at, and how the company counts. Every change is an event: it is in force from now on, and the past stays as it was."
      />
      <div>
        <Segments label="Settings of" value={part} options={offered} onChange={value => patch({ part: value, member: '', target: '' })} />
      </div>
      {part === '' ? <Company /> : null}
      {part === 'members' ? <Members /> : null}
      {part === 'targets' ? <Targets /> : null}
      {part === 'calendars' ? (
        <Documents kinds={['calendar', 'sla']} about="Whose hours count, and the limits that are counted in them" />
      ) : null}
      {part === 'maps' ? (
        <Documents
          kinds={['stage-map', 'channel-map', 'responses', 'routing']}
          about="What stages and channels of other systems mean here"
        />
      ) : null}
      {part === 'glossary' ? <Documents kinds={['glossary']} about="The company’s own words" /> : null}
      {part === 'aliases' ? <Names /> : null}
      {part === 'keys' ? <Keys /> : null}
    </>
  )
}

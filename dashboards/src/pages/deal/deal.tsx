import { useParams } from '@tanstack/react-router'
import { campaignName, useCampaigns } from '../../api/names.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf, valuesOf } from '../../api/rows.ts'
import { modelText, title } from '../../format/words.ts'
import { instantText } from '../../format/number.ts'
import { PageHead, Segments } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

/** One deal: which touch earned what, under each model. */
export const Deal = () => {
  const { id = '' } = useParams({ strict: false })
  const { get, patch } = useView()
  const { zone } = useSession()
  const { as_of, currency } = useAsking()
  const campaigns = useCampaigns()
  const conversion = get('on') === 'sqo' ? 'sqo' : 'won'
  const asked = useAnswer('GET /v1/deals/{id}/credit', { as_of, currency, conversion }, { params: { id } })
  return (
    <>
      <PageHead
        title={`Deal ${id}`}
        about="Every touch that earned credit, in order, under four models. Each model’s parts add up to the whole deal."
      >
        <Segments
          label="Credit for"
          value={conversion}
          options={[
            ['won', 'Winning it'],
            ['sqo', 'Its pipeline'],
          ]}
          onChange={value => patch({ on: value === 'won' ? '' : value })}
        />
      </PageHead>
      <Panel title="Credit by touch" flush foot={<RestsOn answer={asked.data} />}>
        <Answered asked={asked} lines={10}>
          {({ rows }) => {
            const money = rowsOf(rows, conversion === 'won' ? 'M54' : 'M55')
            const shown = money.length > 0 ? money : rowsOf(rows, 'M53')
            if (shown.length === 0)
              return <Empty title={conversion === 'won' ? 'This deal is not won' : 'This deal is no pipeline'}>As known then.</Empty>
            const models = valuesOf(shown, 'model')
            const touches = [...Map.groupBy(shown, row => dim(row, 'touch') || dim(row, 'touch_id'))]
            return (
              <DataTable
                label="Credit by touch and model"
                sort="at"
                rows={touches}
                keyOf={([touch]) => touch}
                columns={[
                  {
                    id: 'at',
                    head: 'When',
                    by: ([, some]) => dim(some[0], 'at'),
                    cell: ([, some]) => (dim(some[0], 'at') === '' ? '' : instantText(dim(some[0], 'at'), zone)),
                  },
                  {
                    id: 'channel',
                    head: 'Channel',
                    by: ([, some]) => dim(some[0], 'channel'),
                    cell: ([, some]) => title(dim(some[0], 'channel')),
                  },
                  { id: 'campaign', head: 'Campaign', cell: ([, some]) => campaignName(campaigns, dim(some[0], 'campaign')) },
                  ...models.map(model => ({
                    id: model,
                    head: modelText(model),
                    num: true,
                    by: ([, some]: (typeof touches)[number]) => some.find(row => dim(row, 'model') === model)?.value,
                    cell: ([, some]: (typeof touches)[number]) => (
                      <Figure row={some.find(row => dim(row, 'model') === model)} flags={false} />
                    ),
                  })),
                ]}
              />
            )
          }}
        </Answered>
      </Panel>
    </>
  )
}

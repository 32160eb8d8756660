import { DAY, type Region, addMonths, dayOf, fiscalQuarterStart } from './calendar.ts'

/**
 * What happens to the company as a whole. Three fiscal quarters before the running one goes wrong: marketing floods the Americas
 * with leads of bad fit (the "automation" programme on paid social and webinars) just when most of that region's development
 * representatives have left. Answers come late, acceptance falls, and one quarter later the region's pipeline is missing. Then people
 * are hired, the programme is cancelled, the MQL definition gets stricter, and the figures recover.
 */
export type Story = {
  /** First day. */
  readonly start: number
  /** The instant after the last day. */
  readonly end: number
  readonly badStart: number
  readonly badEnd: number
  /** One quarter after the bad one: the pipeline that is missing. */
  readonly hangoverEnd: number
  readonly badRegion: Region
}

const STORY_MONTHS = 18

export const createStory = (until: string): Story => {
  const last = dayOf(until)
  const running = fiscalQuarterStart(last)
  return {
    start: addMonths(last, -STORY_MONTHS) + DAY,
    end: last + DAY,
    badStart: addMonths(running, -9),
    badEnd: addMonths(running, -6),
    hangoverEnd: addMonths(running, -3),
    badRegion: 'americas',
  }
}

/** The automation programme runs from the second week of the bad quarter until it is stopped three weeks before its end. */
export const programmeRuns = (story: Story, day: number): boolean => day >= story.badStart + 7 * DAY && day < story.badEnd - 21 * DAY

/** Share of the region's development representatives that are at work, 0..1; new ones need eleven weeks to become useful. */
export const staffing = (story: Story, region: Region, day: number): number => {
  if (region !== story.badRegion || day < story.badStart - 10 * DAY) return 1
  const hired = story.badEnd
  if (day < hired) return 0.3
  return Math.min(1, 0.3 + (0.7 * (day - hired)) / (77 * DAY))
}

/** Typical office time from a lead's assignment to the first human touch. */
export const firstTouchHours = (story: Story, region: Region, day: number): number => {
  const base = region === 'emea' ? 0.8 : region === 'americas' ? 0.7 : 1.3
  return base / staffing(story, region, day) ** 2.9
}

/** Chance that nobody ever touches an assigned lead. */
export const forgottenShare = (story: Story, region: Region, day: number): number => 0.035 + 0.42 * (1 - staffing(story, region, day))

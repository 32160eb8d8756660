/** What is checked of the records that figures rest on (M99): its name, what is as it should be, and what to do where it is not. */
export const CHECKS: Readonly<Record<string, readonly [name: string, about: string, todo: string]>> = {
  deals_with_contacts: [
    'Deals with contacts',
    'Deals that name at least one person of the buyer',
    'Link contacts to the deal in the CRM: without them credit falls to the account.',
  ],
  touches_with_account: [
    'Touches with an account',
    'Touches whose person or cookie belongs to an account',
    'Identify visitors (forms, domains): unlinked touches earn no credit.',
  ],
  touches_with_planned_campaign: [
    'Touches of planned campaigns',
    'Touches whose campaign is in the calendar',
    'Plan the campaign, or give its other name to one on the page of campaigns.',
  ],
  events_on_time: [
    'Events on time',
    'Events that came within a day of what they say',
    'Look at the source: late events change figures of the past.',
  ],
  touches_logged_on_time: [
    'Touches logged on time',
    'Human touches that were written down within a day',
    'Ask the owner: a touch that is logged late looks like a missed limit.',
  ],
  amounts_with_rate: [
    'Amounts with a rate',
    'Amounts that could be converted into the reporting currency',
    'Record the missing fx rate: amounts without one are left out.',
  ],
  campaigns_with_spend: ['Campaigns with spend', 'Running paid campaigns with costs', 'Import the costs, or their return looks infinite.'],
  attributes_known: [
    'Attributes known',
    'What the rules of fit ask for and is known of accounts',
    'Enrich the accounts: unknown fit counts as bad.',
  ],
  source_silence: ['Silence of sources', 'Since a source last said anything', 'See whether the connection still runs.'],
}

export type Check =
  | 'deals_with_contacts'
  | 'touches_with_account'
  | 'touches_with_planned_campaign'
  | 'events_on_time'
  | 'touches_logged_on_time'
  | 'amounts_with_rate'
  | 'campaigns_with_spend'
  | 'attributes_known'

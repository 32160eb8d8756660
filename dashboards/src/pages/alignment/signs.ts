/** What each sign of alignment is called, and what it says. */
export const SIGNS: Readonly<Record<string, readonly [name: string, about: string]>> = {
  acceptance: ['Leads accepted', 'Accepted ÷ (accepted + rejected): does sales take what marketing hands over?'],
  follow_up: ['Followed up in time', 'First touches within the limit: does somebody call the leads?'],
  sla_sales: ['Sales kept its word', 'Every clock of sales: met ÷ due'],
  sla_marketing: ['Marketing kept its word', 'Every clock of marketing: met ÷ due'],
  dispute_gap: ['Pipeline in dispute', 'Value that both teams claim, or neither, ÷ all'],
  shared_definitions: ['Shared definitions', 'Documents in force that both have approved ÷ 8'],
  joint_touch: ['Touched by both', 'SQO value with a response to marketing and a human sales touch before it was one'],
  role_coverage: ['Buying roles covered', 'Open SQOs with enough of the buying group'],
}

export const signText = (sign: string): string => SIGNS[sign]?.[0] ?? sign.replaceAll('_', ' ')

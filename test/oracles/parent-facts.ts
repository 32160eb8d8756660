import type { Moment } from './order.ts'
import { accountNode, type Readers } from './recorded.ts'

/** From then on the account (node) is under `parent` (node); '' is nobody. */
export type ParentFact = Moment & { readonly account: string; readonly parent: string }

export const parentReaders: Readers<ParentFact> = {
  'account-parent-changed': ({ account_id, parent_account_id }, moment) => ({
    ...moment,
    account: accountNode(account_id),
    parent: parent_account_id === '' ? '' : accountNode(parent_account_id),
  }),
}

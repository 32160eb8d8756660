// Generated from schemas/events/*.avsc by `node schemas/generate.ts`. Do not edit.

/** Microseconds since the epoch, UTC; exact to the year 2255. */
export type Micros = number

/** `YYYY-MM-DD`. */
export type IsoDate = string

/** A decimal number as text, without an exponent. */
export type DecimalText = string

/** One deal as the CRM showed it. */
export interface CrmDeal {
  /** Its id in the CRM, or here. */
  readonly deal_id: string
  /** open, won or lost. */
  readonly state: string
  /** Amount in minor units; null where there is none. */
  readonly amount_minor: bigint | null
  /** ISO 4217; empty: the currency that is asked for. */
  readonly currency: string
  /** Close date, planned or real. */
  readonly close_date: IsoDate | null
  /** It is deleted there. */
  readonly deleted: boolean
}

/** One share of a deal. */
export interface DealSplit {
  /** Member who has the share. */
  readonly member_id: string
  /** Team of the member. */
  readonly team: string
  /** Share in millionths. */
  readonly share_ppm: number
}

/** What every event has. */
export interface CommonFields {
  /** The producer's own id or a UUIDv7; printable ASCII, 1 to 128 characters; unique per tenant: the idempotency key. */
  readonly event_id: string
  /** Tenant that the fact belongs to; set from the credential. */
  readonly tenant: string
  /** Business time: when it happened; microseconds since the epoch, UTC. */
  readonly occurred_at: Micros
  /** When the source knew it; only on a backfill credential, otherwise null. Microseconds since the epoch, UTC. */
  readonly known_at: Micros | null
  /** System that the fact comes from; by default the name of the producer's key. */
  readonly source: string
  /** Who said it, from the credential: key:<id>, member:<id> or oidc:<subject>. */
  readonly actor: string
}

/** An account turned out to be another one: account_id is counted as into_account_id from now on. */
export interface AccountMerged extends CommonFields {
  readonly type: 'account-merged'
  /** Id of the account that is merged away. */
  readonly account_id: string
  /** Id of the account that stays. */
  readonly into_account_id: string
  /** Rule that decided it, as rule@version; empty where a person decided. */
  readonly rule: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** An account came under a parent, or out of one. */
export interface AccountParentChanged extends CommonFields {
  readonly type: 'account-parent-changed'
  /** Id of the account, without the account: prefix. */
  readonly account_id: string
  /** Id of the parent account; empty: none. */
  readonly parent_account_id: string
  /** Rule that decided it, as rule@version; empty where a person decided. */
  readonly rule: string
}

/** The plan for an account: what both teams want of it in a period. The last one of a period is in force. */
export interface AccountPlanSet extends CommonFields {
  readonly type: 'account-plan-set'
  /** Id of the account, without the account: prefix. */
  readonly account_id: string
  /** Period that the plan is for: 2026, 2026-Q3 … */
  readonly period: string
  /** Tier that the plan gives the account. */
  readonly tier: string
  /** Bookings aimed at, in minor units of currency. */
  readonly target_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** What is to be reached. */
  readonly objectives: readonly string[]
  /** Campaigns, programs and plays planned for the account. */
  readonly plays: readonly string[]
  /** Buying roles that have to be reached. */
  readonly roles: readonly string[]
  /** Member who answers for the plan. */
  readonly owner_id: string
  /** Ids of the other members who work on it. */
  readonly members: readonly string[]
  /** The rest of the plan as JSON. */
  readonly document: string
}

/** A merge of accounts is taken back. */
export interface AccountUnmerged extends CommonFields {
  readonly type: 'account-unmerged'
  /** Id of the account that had been merged away. */
  readonly account_id: string
  /** Id of the account that it had been merged into. */
  readonly into_account_id: string
  /** Rule that decided it, as rule@version; empty where a person decided. */
  readonly rule: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** What is known about an account changed, or it became known. A field that is not empty replaces what was known; an empty one says nothing unless named in cleared. */
export interface AccountUpdated extends CommonFields {
  readonly type: 'account-updated'
  /** Id of the account, without the account: prefix. */
  readonly account_id: string
  /** Business email domains of the account, lower case; where not empty, the whole set. */
  readonly domains: readonly string[]
  /** Name of the company. */
  readonly name: string
  /** Industry, as the source says it. */
  readonly industry: string
  /** SIC code. */
  readonly sic: string
  /** NAICS code. */
  readonly naics: string
  /** Number of employees. */
  readonly employees: bigint | null
  /** Revenue of a year in minor units of currency. */
  readonly revenue_minor: bigint | null
  /** ISO 4217 code of revenue_minor; empty where there is none. */
  readonly currency: string
  /** ISO 3166-1 alpha-2 code of the head office. */
  readonly country: string
  /** The company's own sales region. */
  readonly region: string
  /** Places of the company, as the source says them. */
  readonly locations: readonly string[]
  /** Segment: enterprise, mid-market, small … */
  readonly segment: string
  /** Tier of the target account list. */
  readonly tier: string
  /** Member who owns the account. */
  readonly owner_id: string
  /** Team that owns the account. */
  readonly team: string
  /** State in the source: prospect, customer, former customer, partner, competitor … */
  readonly lifecycle: string
  /** Partner that the account belongs to. */
  readonly partner: string
  /** Link to the record in the source system. */
  readonly external_url: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
  /** Names of fields that became empty: an empty field alone says nothing about what it was before. */
  readonly cleared: readonly string[]
}

/** An activity that should bring leads, and how many people it should reach; the last one of an activity is in force. */
export interface ActivityPlanned extends CommonFields {
  readonly type: 'activity-planned'
  /** Id of the activity. */
  readonly activity_id: string
  /** Campaign that it belongs to. */
  readonly campaign: string
  /** webinar, event, mailing, ad, content, call-blitz … */
  readonly activity_type: string
  /** Channel. */
  readonly channel: string
  /** First day. */
  readonly starts_on: IsoDate | null
  /** Last day; null: one day. */
  readonly ends_on: IsoDate | null
  /** People or responses expected. */
  readonly volume: bigint | null
  /** What the volume counts: attendees, downloads, sends … */
  readonly volume_unit: string
  /** Member who does it. */
  readonly owner_id: string
  /** Team. */
  readonly team: string
  /** Region. */
  readonly region: string
  /** Segment. */
  readonly segment: string
  /** Product. */
  readonly product: string
  /** Will not take place. */
  readonly cancelled: boolean
}

/** A function signed a monthly SLA audit; each carries the digest of the one before. */
export interface AuditSigned extends CommonFields {
  readonly type: 'audit-signed'
  /** Id of the audit, such as sla-2026-09. */
  readonly audit_id: string
  /** Period that it is about. */
  readonly period: string
  /** Function that the actor speaks for: marketing or sales. */
  readonly function: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
  /** Member whose delegate signed. */
  readonly on_behalf_of: string
  /** Knowledge time of every figure in it; microseconds since the epoch, UTC. */
  readonly as_of: Micros
  /** Digest of the canonical bytes, hexadecimal. */
  readonly sha256: string
  /** The canonical bytes, as text; empty where an earlier signature with the same digest carries them. */
  readonly document: string
  /** Digest of the one before; empty: the first. */
  readonly previous_sha256: string
  /** Versions of the definitions it was made by: id to version. */
  readonly definitions: Readonly<Record<string, string>>
}

/** A backfill is open: the tenant is not projected until it goes live. */
export interface BackfillOpened extends CommonFields {
  readonly type: 'backfill-opened'
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** Another name of a campaign. The last one of a system and alias is in force. */
export interface CampaignAliasAdded extends CommonFields {
  readonly type: 'campaign-alias-added'
  /** Id of the campaign, as touches name it. */
  readonly campaign: string
  /** Where the alias is used: google-ads, linkedin-ads, facebook-ads, utm, salesforce, hubspot … */
  readonly system: string
  /** Id, name or utm value in that system. */
  readonly alias: string
}

/** A name is not that of the campaign after all. */
export interface CampaignAliasRemoved extends CommonFields {
  readonly type: 'campaign-alias-removed'
  /** Id of the campaign, as touches name it. */
  readonly campaign: string
  /** Where the alias is used: google-ads, linkedin-ads, facebook-ads, utm, salesforce, hubspot … */
  readonly system: string
  /** Id, name or utm value in that system. */
  readonly alias: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** People or accounts became part of what a campaign aims at. */
export interface CampaignAudienceAdded extends CommonFields {
  readonly type: 'campaign-audience-added'
  /** Id of the campaign, as touches name it. */
  readonly campaign: string
  /** Nodes of the people and accounts. */
  readonly subjects: readonly string[]
  /** List that they came by. */
  readonly list: string
}

/** People or accounts are not part of what a campaign aims at any more. */
export interface CampaignAudienceRemoved extends CommonFields {
  readonly type: 'campaign-audience-removed'
  /** Id of the campaign, as touches name it. */
  readonly campaign: string
  /** Nodes of the people and accounts. */
  readonly subjects: readonly string[]
  /** List that they came by. */
  readonly list: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** A campaign will not take place, or not go on. */
export interface CampaignCancelled extends CommonFields {
  readonly type: 'campaign-cancelled'
  /** Id of the campaign, as touches name it. */
  readonly campaign: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** A campaign changed. A field that is not empty replaces what was known; an empty one says nothing unless named in cleared. */
export interface CampaignChanged extends CommonFields {
  readonly type: 'campaign-changed'
  /** Id of the campaign, as touches name it. */
  readonly campaign: string
  /** Name of the campaign. */
  readonly name: string
  /** Main channel. */
  readonly channel: string
  /** webinar, event, paid, email, content, outbound … */
  readonly campaign_type: string
  /** What it is for. */
  readonly objective: string
  /** What people are offered. */
  readonly offer: string
  /** Landing page. */
  readonly url: string
  /** Description. */
  readonly description: string
  /** What sales should say. */
  readonly talking_points: readonly string[]
  /** A quote to use. */
  readonly quote: string
  /** Text for the follow-up. */
  readonly follow_up_template: string
  /** Personas that it speaks to. */
  readonly personas: readonly string[]
  /** Stage of the buyer that it is for. */
  readonly stage: string
  /** Member who owns it. */
  readonly owner_id: string
  /** Campaign that it is part of. */
  readonly parent: string
  /** First day. */
  readonly starts_on: IsoDate | null
  /** Last day. */
  readonly ends_on: IsoDate | null
  /** Budget in minor units of currency. */
  readonly budget_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Team. */
  readonly team: string
  /** Region. */
  readonly region: string
  /** Segment. */
  readonly segment: string
  /** Product. */
  readonly product: string
  /** Partner. */
  readonly partner: string
  /** Content that it uses. */
  readonly content_ids: readonly string[]
  /** Link to the record in the source system. */
  readonly external_url: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
  /** Names of fields that became empty: an empty field alone says nothing about what it was before. */
  readonly cleared: readonly string[]
}

/** A campaign is in the calendar. */
export interface CampaignPlanned extends CommonFields {
  readonly type: 'campaign-planned'
  /** Id of the campaign, as touches name it. */
  readonly campaign: string
  /** Name of the campaign. */
  readonly name: string
  /** Main channel. */
  readonly channel: string
  /** webinar, event, paid, email, content, outbound … */
  readonly campaign_type: string
  /** What it is for. */
  readonly objective: string
  /** What people are offered. */
  readonly offer: string
  /** Landing page. */
  readonly url: string
  /** Description. */
  readonly description: string
  /** What sales should say. */
  readonly talking_points: readonly string[]
  /** A quote to use. */
  readonly quote: string
  /** Text for the follow-up. */
  readonly follow_up_template: string
  /** Personas that it speaks to. */
  readonly personas: readonly string[]
  /** Stage of the buyer that it is for. */
  readonly stage: string
  /** Member who owns it. */
  readonly owner_id: string
  /** Campaign that it is part of. */
  readonly parent: string
  /** First day. */
  readonly starts_on: IsoDate | null
  /** Last day. */
  readonly ends_on: IsoDate | null
  /** Budget in minor units of currency. */
  readonly budget_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Team. */
  readonly team: string
  /** Region. */
  readonly region: string
  /** Segment. */
  readonly segment: string
  /** Product. */
  readonly product: string
  /** Partner. */
  readonly partner: string
  /** Content that it uses. */
  readonly content_ids: readonly string[]
  /** Link to the record in the source system. */
  readonly external_url: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A promise changed, was kept, missed or dropped: the whole as it is now. */
export interface CommitmentChanged extends CommonFields {
  readonly type: 'commitment-changed'
  /** Id of the commitment. */
  readonly commitment_id: string
  /** What is promised. */
  readonly title: string
  /** In more words. */
  readonly description: string
  /** Member who promises. */
  readonly owner_id: string
  /** Function that promises. */
  readonly function: string
  /** Member who is promised. */
  readonly counterpart_id: string
  /** Last day. */
  readonly due_on: IsoDate | null
  /** Meeting that it was made in. */
  readonly meeting_id: string
  /** Review that it was made in. */
  readonly review_id: string
  /** Metric that shows it. */
  readonly metric: string
  /** Money aimed at, in minor units of currency. */
  readonly target_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Count aimed at. */
  readonly target_count: bigint | null
  /** Ratio aimed at, in millionths. */
  readonly target_ppm: number | null
  /** State. */
  readonly status: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** Somebody promised something. */
export interface CommitmentMade extends CommonFields {
  readonly type: 'commitment-made'
  /** Id of the commitment. */
  readonly commitment_id: string
  /** What is promised. */
  readonly title: string
  /** In more words. */
  readonly description: string
  /** Member who promises. */
  readonly owner_id: string
  /** Function that promises. */
  readonly function: string
  /** Member who is promised. */
  readonly counterpart_id: string
  /** Last day. */
  readonly due_on: IsoDate | null
  /** Meeting that it was made in. */
  readonly meeting_id: string
  /** Review that it was made in. */
  readonly review_id: string
  /** Metric that shows it. */
  readonly metric: string
  /** Money aimed at, in minor units of currency. */
  readonly target_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Count aimed at. */
  readonly target_count: bigint | null
  /** Ratio aimed at, in millionths. */
  readonly target_ppm: number | null
}

/** A person gave, refused or withdrew consent, or another lawful basis was recorded. */
export interface ConsentChanged extends CommonFields {
  readonly type: 'consent-changed'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** What for: marketing, analytics, profiling, sales … */
  readonly purpose: string
  /** Channel that it holds for; empty: all. */
  readonly channel: string
  /** True: allowed from occurred_at on; false: not. */
  readonly granted: boolean
  /** consent, legitimate-interest, contract … */
  readonly lawful_basis: string
  /** End of the permission; null: until changed. */
  readonly expires_at: Micros | null
  /** Version of the text agreed to. */
  readonly policy_version: string
  /** Where the proof is: form, page, recording. */
  readonly evidence: string
}

/** A version of a piece of content may be used. */
export interface ContentPublished extends CommonFields {
  readonly type: 'content-published'
  /** Id of the content. */
  readonly content_id: string
  /** Version of the content, from 1. */
  readonly version: number
  /** Title. */
  readonly title: string
  /** case-study, white-paper, deck, template, guideline, message, recording, battle-card … */
  readonly kind: string
  /** Stage of the buyer that it is for. */
  readonly stage: string
  /** Personas that it speaks to. */
  readonly personas: readonly string[]
  /** Member who keeps it. */
  readonly owner_id: string
  /** Ids of the members who made it. */
  readonly authors: readonly string[]
  /** Member who approved it; empty: not approved. */
  readonly approved_by: string
  /** Last day that it may be used. */
  readonly expires_on: IsoDate | null
  /** Where it is. */
  readonly url: string
  /** BCP 47 tag. */
  readonly language: string
  /** Description. */
  readonly description: string
  /** Message that it carries. */
  readonly message: string
  /** Product. */
  readonly product: string
  /** Campaign that it was made for. */
  readonly campaign: string
  /** Tags. */
  readonly tags: readonly string[]
}

/** A piece of content must not be used any more. */
export interface ContentRetired extends CommonFields {
  readonly type: 'content-retired'
  /** Id of the content. */
  readonly content_id: string
  /** Version that is retired; null: all. */
  readonly version: number | null
  /** Why, in words or as a code of the source. */
  readonly reason: string
  /** Content to use instead. */
  readonly replaced_by: string
}

/** A part of what a CRM said that its deals were at one instant (occurred_at). A snapshot counts when all of its parts are there. */
export interface CrmSnapshotTaken extends CommonFields {
  readonly type: 'crm-snapshot-taken'
  /** Id of the snapshot, the same in all of its parts. */
  readonly snapshot_id: string
  /** CRM that said so: hubspot, salesforce … */
  readonly system: string
  /** Number of this part, from 0. */
  readonly part: number
  /** How many parts the snapshot has. */
  readonly parts: number
  /** Deals of this part, in the order of the snapshot. */
  readonly deals: readonly CrmDeal[]
}

/** A record that could not be processed, and why. Its event_id is topic:partition:offset of the record. */
export interface DeadLetter extends CommonFields {
  readonly type: 'dead-letter'
  /** Topic of the record. */
  readonly origin_topic: string
  /** Partition of the record. */
  readonly origin_partition: number
  /** Offset of the record. */
  readonly origin_offset: bigint
  /** Key of the record; null: none. */
  readonly origin_key: string | null
  /** Append time of the record; microseconds since the epoch, UTC. */
  readonly origin_appended_at: Micros
  /** Code of the reason, of a closed set. */
  readonly reason_code: string
  /** Reason in words, without personal data. */
  readonly reason: string
  /** Field that is wrong. */
  readonly path: string
  /** Schema id of the record; null: not framed. */
  readonly schema_id: number | null
  /** Type, where it could be told. */
  readonly event_type: string
  /** event_id, where it could be told. */
  readonly origin_event_id: string
  /** Value of the record as it was. */
  readonly payload: Uint8Array
  /** When it was put back into the log; null: not yet. */
  readonly redriven_at: Micros | null
}

/** A deal was moved to another account. */
export interface DealAccountChanged extends CommonFields {
  readonly type: 'deal-account-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** Account that the deal is with now; empty: none. */
  readonly account_id: string
}

/** The amount of a deal changed. */
export interface DealAmountChanged extends CommonFields {
  readonly type: 'deal-amount-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** Amount in minor units of currency; null: no longer known. */
  readonly amount_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** What the amount measures; empty: the tenant's bookings measure. */
  readonly measure: string
}

/** Attributes of a deal changed. A field that is not empty replaces what was known; an empty one says nothing unless named in cleared. */
export interface DealAttributesChanged extends CommonFields {
  readonly type: 'deal-attributes-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** new-business, expansion, renewal … */
  readonly deal_type: string
  /** Product. */
  readonly product: string
  /** Sales region. */
  readonly region: string
  /** Partner who brought or shares it. */
  readonly partner: string
  /** Pipeline. */
  readonly pipeline: string
  /** Source field as the source system has it. */
  readonly lead_source: string
  /** Primary campaign, as the source system has it. */
  readonly campaign: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
  /** Names of fields that became empty: an empty field alone says nothing about what it was before. */
  readonly cleared: readonly string[]
}

/** The expected close of a deal changed. */
export interface DealCloseDateChanged extends CommonFields {
  readonly type: 'deal-close-date-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** Expected close, a date in the tenant's zone; null: no longer known. */
  readonly close_date: IsoDate | null
}

/** A deal was won or lost. */
export interface DealClosed extends CommonFields {
  readonly type: 'deal-closed'
  /** Id of the deal. */
  readonly deal_id: string
  /** How it ended. */
  readonly outcome: string
  /** Why, as agreed. */
  readonly reason: string
  /** Competitor who won it or was beaten. */
  readonly competitor: string
  /** Business date of the close in the tenant's zone; null: the date of occurred_at. */
  readonly close_date: IsoDate | null
  /** Amount at close in minor units of currency; null: the one in force. */
  readonly amount_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** What the amount measures; empty: the tenant's bookings measure. */
  readonly measure: string
  /** Stage that the close put it in; empty: by outcome. */
  readonly stage: string
}

/** A person has a part in the deal. */
export interface DealContactLinked extends CommonFields {
  readonly type: 'deal-contact-linked'
  /** Id of the deal. */
  readonly deal_id: string
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Role in the buying group: champion, decision-maker, influencer, blocker, user, economic-buyer … */
  readonly buying_role: string
  /** The main contact. */
  readonly primary: boolean
}

/** A person has no part in the deal any more. */
export interface DealContactUnlinked extends CommonFields {
  readonly type: 'deal-contact-unlinked'
  /** Id of the deal. */
  readonly deal_id: string
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
}

/** A deal was opened. */
export interface DealCreated extends CommonFields {
  readonly type: 'deal-created'
  /** Id of the deal. */
  readonly deal_id: string
  /** Account that the deal is with. */
  readonly account_id: string
  /** Pipeline; empty: the default one. */
  readonly pipeline: string
  /** First stage, as the source says it. */
  readonly stage: string
  /** new-business, expansion, renewal … */
  readonly deal_type: string
  /** Product. */
  readonly product: string
  /** Member who owns the deal. */
  readonly owner_id: string
  /** Team of the owner. */
  readonly team: string
  /** Sales region. */
  readonly region: string
  /** Partner who brought or shares it. */
  readonly partner: string
  /** Amount in minor units of currency; null: not known. */
  readonly amount_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** What the amount measures; empty: the tenant's bookings measure. */
  readonly measure: string
  /** Expected close, a date in the tenant's zone. */
  readonly close_date: IsoDate | null
  /** Source field as the source system has it. */
  readonly lead_source: string
  /** Primary campaign, as the source system has it. */
  readonly campaign: string
  /** pipeline, best-case, commit, closed, omitted … */
  readonly forecast_category: string
  /** Link to the record in the source system. */
  readonly external_url: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A deal was deleted in the source and is not counted any more. */
export interface DealDeleted extends CommonFields {
  readonly type: 'deal-deleted'
  /** Id of the deal. */
  readonly deal_id: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** A deal was put in another forecast category. */
export interface DealForecastCategoryChanged extends CommonFields {
  readonly type: 'deal-forecast-category-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** pipeline, best-case, commit, closed, omitted … */
  readonly forecast_category: string
}

/** A deal turned out to be another one and is not counted any more. */
export interface DealMerged extends CommonFields {
  readonly type: 'deal-merged'
  /** Id of the deal. */
  readonly deal_id: string
  /** Id of the deal that stays. */
  readonly into_deal_id: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** A deal got another owner. */
export interface DealOwnerChanged extends CommonFields {
  readonly type: 'deal-owner-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** Member who owns it from now on; empty: nobody. */
  readonly owner_id: string
  /** Team of the owner. */
  readonly team: string
}

/** A closed deal was opened again. */
export interface DealReopened extends CommonFields {
  readonly type: 'deal-reopened'
  /** Id of the deal. */
  readonly deal_id: string
  /** Stage that it is in now; empty: the last open one. */
  readonly stage: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** Who shares the credit for a deal among sellers, as a whole. */
export interface DealSplitChanged extends CommonFields {
  readonly type: 'deal-split-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** All shares; empty: the owner has all. */
  readonly splits: readonly DealSplit[]
}

/** A deal entered a stage. */
export interface DealStageChanged extends CommonFields {
  readonly type: 'deal-stage-changed'
  /** Id of the deal. */
  readonly deal_id: string
  /** Stage entered, as the source says it. */
  readonly stage: string
  /** Pipeline that the stage belongs to; empty: unchanged. */
  readonly pipeline: string
  /** Stage left, as the source says it. */
  readonly previous_stage: string
  /** Category that came with the stage; empty: unchanged. */
  readonly forecast_category: string
}

/** A function approved a version of a definition. */
export interface DefinitionApproved extends CommonFields {
  readonly type: 'definition-approved'
  /** Id of the document. */
  readonly definition_id: string
  /** Version of the document, from 1. */
  readonly version: number
  /** Function that the actor speaks for: marketing or sales. */
  readonly function: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
  /** Member whose delegate acted. */
  readonly on_behalf_of: string
  /** True: decided by the tie-break role. */
  readonly tie_break: boolean
  /** Reason; a tie-break has to give one. */
  readonly reason: string
}

/** A version of a definition was proposed; it is in force when both functions have approved it, from effective_at on. */
export interface DefinitionPublished extends CommonFields {
  readonly type: 'definition-published'
  /** Id of the document. */
  readonly definition_id: string
  /** Version of the document, from 1. */
  readonly version: number
  /** Kind of the document: stage-map, qualification, sla, calendar, attribution-model, channel-map, buying-group, persona, fundamentals, glossary, fiscal-calendar, quarter-plan, score-model, notice-rules … */
  readonly kind: string
  /** The document as JSON. */
  readonly document: string
  /** Title. */
  readonly title: string
  /** In force from; null: from the last approval. */
  readonly effective_at: Micros | null
  /** Function that the actor speaks for: marketing or sales. */
  readonly function: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
  /** Version that it was made from; null: none. */
  readonly based_on: number | null
  /** What changes and why. */
  readonly note: string
}

/** A function refused a version of a definition. */
export interface DefinitionRefused extends CommonFields {
  readonly type: 'definition-refused'
  /** Id of the document. */
  readonly definition_id: string
  /** Version of the document, from 1. */
  readonly version: number
  /** Function that the actor speaks for: marketing or sales. */
  readonly function: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
  /** Member whose delegate acted. */
  readonly on_behalf_of: string
  /** True: decided by the tie-break role. */
  readonly tie_break: boolean
  /** Reason. */
  readonly reason: string
}

/** What sales heard or thinks: an objection, a competitor, a use case, how a message or a lead was. */
export interface FeedbackRecorded extends CommonFields {
  readonly type: 'feedback-recorded'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Kind of the feedback. */
  readonly kind: string
  /** Which one, in the words of the agreed list. */
  readonly value: string
  /** One (bad) to five (good). */
  readonly rating: number | null
  /** In words; no personal data. */
  readonly text: string
  /** Deal that it was about. */
  readonly deal_id: string
  /** Account that it was about. */
  readonly account_id: string
  /** Campaign that it was about. */
  readonly campaign: string
  /** Content that it was about. */
  readonly content_id: string
  /** Product that it was about. */
  readonly product: string
  /** Market segment that it was about. */
  readonly segment: string
}

/** A figure from finance that the log cannot know: gross margin, revenue per account, churn, a cost of sales. */
export interface FinanceInputRecorded extends CommonFields {
  readonly type: 'finance-input-recorded'
  /** Id of the figure; a later one with the same id replaces it. */
  readonly input_id: string
  /** gross-margin, arpa, churn, cost-of-sales, customers … */
  readonly name: string
  /** Fiscal period that it is for. */
  readonly period: string
  /** First day that it holds for. */
  readonly from_on: IsoDate | null
  /** First day that it does not hold for any more. */
  readonly to_on: IsoDate | null
  /** Money in minor units of currency. */
  readonly amount_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Ratio in millionths. */
  readonly ratio_ppm: number | null
  /** Count. */
  readonly count: bigint | null
  /** Segment; empty: all. */
  readonly segment: string
  /** Product; empty: all. */
  readonly product: string
  /** Region; empty: all. */
  readonly region: string
}

/** A member's own forecast for a period, for a team or for all. */
export interface ForecastCallSubmitted extends CommonFields {
  readonly type: 'forecast-call-submitted'
  /** Id of the member. */
  readonly member_id: string
  /** Fiscal period: 2026-Q3, 2026-09 … */
  readonly period: string
  /** What is called: commit, best-case, closed …; empty: the call. */
  readonly category: string
  /** Amount called, in minor units of currency. */
  readonly amount_minor: bigint
  /** ISO 4217 code of the amount; XXX is book value without a currency. */
  readonly currency: string
  /** Low end in minor units. */
  readonly low_minor: bigint | null
  /** High end in minor units. */
  readonly high_minor: bigint | null
  /** Team that it is for; empty: the member alone. */
  readonly team: string
  /** Pipeline that it is for; empty: all. */
  readonly pipeline: string
  /** Segment that it is for; empty: all. */
  readonly segment: string
  /** Why, in words. */
  readonly note: string
}

/** What one unit of a currency was worth in another on a day. */
export interface FxRateRecorded extends CommonFields {
  readonly type: 'fx-rate-recorded'
  /** ISO 4217 code of the currency of which there is one unit. */
  readonly base_currency: string
  /** ISO 4217 code of the currency that the rate is in. */
  readonly quote_currency: string
  /** Day of the rate. */
  readonly rate_on: IsoDate
  /** Major units of the quote currency for one major unit of the base currency; a decimal string with up to 18 places. */
  readonly rate: DecimalText
  /** Who published the rate. */
  readonly provider: string
}

/** Evidence that an identity belongs to a person or an account. A link has its own business time: it may end when a person changes employer. */
export interface IdentityLinked extends CommonFields {
  readonly type: 'identity-linked'
  /** Node that is tied: anonymous:…, email:<hmac>, <system>:<id>, person:… */
  readonly identity: string
  /** Node that it is tied to: person:<id> or account:<id>. */
  readonly target: string
  /** Rule that linked it; empty where a person decided. */
  readonly rule: string
  /** Version of the rule. */
  readonly rule_version: string
  /** Confidence in millionths. */
  readonly confidence_ppm: number
  /** Start of the link in business time; null: since ever. */
  readonly valid_from: Micros | null
  /** End of the link in business time, exclusive; null: for ever. */
  readonly valid_to: Micros | null
}

/** The link of an identity to a target is taken back as if it had never been. */
export interface IdentityUnlinked extends CommonFields {
  readonly type: 'identity-unlinked'
  /** Node that had been tied. */
  readonly identity: string
  /** Node that it had been tied to. */
  readonly target: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
  /** Rule that decided it, as rule@version; empty where a person decided. */
  readonly rule: string
}

/** An API key exists; the key itself was shown once and is not kept. */
export interface KeyCreated extends CommonFields {
  readonly type: 'key-created'
  /** Id of the key. */
  readonly key_id: string
  /** Name of the key: the default source of what it sends. */
  readonly name: string
  /** Hash of the key. */
  readonly secret_hash: string
  /** What the key may do: ingest, backfill, read, admin. */
  readonly scopes: readonly string[]
  /** Member that the key acts for; empty: a producer. */
  readonly member_id: string
  /** When it ends; null: until revoked. */
  readonly expires_at: Micros | null
}

/** An API key does not work any more. */
export interface KeyRevoked extends CommonFields {
  readonly type: 'key-revoked'
  /** Id of the key. */
  readonly key_id: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** The receiving side accepted the lead. */
export interface LeadAccepted extends CommonFields {
  readonly type: 'lead-accepted'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Member who owns the lead then. */
  readonly owner_id: string
  /** Hand-off that is accepted. */
  readonly handoff: string
  /** Team that accepted it. */
  readonly team: string
}

/** A lead was given to an owner or a queue. */
export interface LeadAssigned extends CommonFields {
  readonly type: 'lead-assigned'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Member who owns it from now on; empty: a queue. */
  readonly owner_id: string
  /** Queue that it waits in. */
  readonly queue: string
  /** Hand-off that this is: marketing-sdr, sdr-ae, ae-success, sales-marketing. */
  readonly handoff: string
  /** Member who owned it before. */
  readonly previous_owner_id: string
  /** Team of the owner or queue. */
  readonly team: string
  /** Rule that decided it, as rule@version; empty where a person decided. */
  readonly rule: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** The lead became a deal or a contact of an account. */
export interface LeadConverted extends CommonFields {
  readonly type: 'lead-converted'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Deal that it became; empty: none. */
  readonly deal_id: string
  /** Account that it became a contact of. */
  readonly account_id: string
  /** Member who owns the lead then. */
  readonly owner_id: string
}

/** A lead came in: a qualification cycle of the person may open. */
export interface LeadCreated extends CommonFields {
  readonly type: 'lead-created'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Source field as the source system has it. */
  readonly lead_source: string
  /** Campaign that the source credits. */
  readonly campaign: string
  /** Channel, as the source says it. */
  readonly channel: string
  /** Member who owns the lead then. */
  readonly owner_id: string
  /** Touch that made the lead, where it is known. */
  readonly touch_id: string
  /** Form that made the lead. */
  readonly form_id: string
  /** Product asked for. */
  readonly product: string
  /** Sales region. */
  readonly region: string
  /** Link to the record in the source system. */
  readonly external_url: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Contact showed that the lead does not qualify. */
export interface LeadDisqualified extends CommonFields {
  readonly type: 'lead-disqualified'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** unreachable, bad-data, no-need, no-budget, no-fit, timing … */
  readonly reason: string
  /** Finer reason. */
  readonly sub_reason: string
  /** Member who owns the lead then. */
  readonly owner_id: string
  /** Competitor that was chosen. */
  readonly competitor: string
}

/** Sales gave the lead back to marketing for nurture. */
export interface LeadRecycled extends CommonFields {
  readonly type: 'lead-recycled'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Why. */
  readonly reason: string
  /** When it should come back; null: open. */
  readonly return_at: Micros | null
  /** Member who owns the lead then. */
  readonly owner_id: string
}

/** The receiving side refused the lead before contact. */
export interface LeadRejected extends CommonFields {
  readonly type: 'lead-rejected'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Class of the reason: procedural, clerical or definitional. */
  readonly reason_class: string
  /** Reason, as agreed. */
  readonly reason: string
  /** Member who owns the lead then. */
  readonly owner_id: string
  /** Hand-off that is refused. */
  readonly handoff: string
  /** Team that refused it. */
  readonly team: string
}

/** A lead entered a stage of the stage map. */
export interface LeadStageChanged extends CommonFields {
  readonly type: 'lead-stage-changed'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Stage entered, as the source says it. */
  readonly stage: string
  /** Stage left, as the source says it. */
  readonly previous_stage: string
  /** Member who owns the lead then. */
  readonly owner_id: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** Both teams met; what changed since is counted from it. */
export interface MeetingHeld extends CommonFields {
  readonly type: 'meeting-held'
  /** Id of the meeting. */
  readonly meeting_id: string
  /** weekly, monthly, quarterly-review, definition … */
  readonly kind: string
  /** Period that it was about. */
  readonly period: string
  /** Title. */
  readonly title: string
  /** Ids of the members who were there. */
  readonly attendees: readonly string[]
  /** How long it took. */
  readonly duration_minutes: number | null
  /** What was decided. */
  readonly decisions: readonly string[]
  /** Notes. */
  readonly note: string
}

/** A member of the tenant as a whole from occurred_at on: what the member does, for whom, when, and whether still there. */
export interface MemberChanged extends CommonFields {
  readonly type: 'member-changed'
  /** Id of the member. */
  readonly member_id: string
  /** Function: marketing, sales, success, operations, finance, executive … */
  readonly function: string
  /** Role in the function: bdr, sdr, ae, manager, analyst … */
  readonly role: string
  /** Team. */
  readonly team: string
  /** Member that this one reports to. */
  readonly manager_id: string
  /** IANA time zone; empty: the tenant's. */
  readonly zone: string
  /** Id of the business calendar; empty: the default one of the region. */
  readonly calendar: string
  /** Sales region. */
  readonly region: string
  /** Leads that the member can work on at a time. */
  readonly capacity_leads: number | null
  /** Working minutes a week for leads and deals. */
  readonly capacity_minutes: number | null
  /** May approve for the function. */
  readonly approver: boolean
  /** Ids of members who may approve instead. */
  readonly delegates: readonly string[]
  /** Permissions beyond those of the role. */
  readonly permissions: readonly string[]
  /** False: has left or is suspended. */
  readonly active: boolean
  /** Person whose profile has the name and address of the member. */
  readonly person_id: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A notice was handed over, or an attempt failed. */
export interface NoticeSent extends CommonFields {
  readonly type: 'notice-sent'
  /** Id of the notice: the same for every attempt. */
  readonly notice_id: string
  /** What it is about; one notice for one cause and recipient. */
  readonly cause_id: string
  /** Rule that asked for it, as id@version. */
  readonly rule: string
  /** How it went. */
  readonly channel: string
  /** Member, team alias or webhook by id; never an address. */
  readonly recipient: string
  /** Attempt, from 1. */
  readonly attempt: number
  /** How the attempt ended. */
  readonly outcome: string
  /** Why it failed. */
  readonly error: string
}

/** A person became known. Personal data (name, email, phone, address) are only in person-profile. */
export interface PersonCreated extends CommonFields {
  readonly type: 'person-created'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Business domain of the email address in lower case; empty for free mail and where it is not known. */
  readonly email_domain: string
  /** HMAC of the normalised email address, as in email:<hmac> nodes; never the address. */
  readonly email_hash: string
  /** Job title. */
  readonly title: string
  /** Level of the job: c-level, vp, director, manager, individual … */
  readonly seniority: string
  /** Persona of the persona document, where the source says so. */
  readonly persona: string
  /** Department that the person works in. */
  readonly department: string
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string
  /** The company's own sales region. */
  readonly region: string
  /** BCP 47 tag. */
  readonly language: string
  /** Source field as the source system has it. */
  readonly lead_source: string
  /** Member who owns the person in the source system. */
  readonly owner_id: string
  /** Link to the record in the source system. */
  readonly external_url: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A person was erased: the profile is gone, facts stay under the pseudonymous id. A later record about the person is refused. */
export interface PersonErased extends CommonFields {
  readonly type: 'person-erased'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Why: data-subject request, retention … */
  readonly reason: string
  /** Reference of the request. */
  readonly request_id: string
}

/** A person turned out to be another one: person_id is counted as into_person_id from now on. */
export interface PersonMerged extends CommonFields {
  readonly type: 'person-merged'
  /** Id of the person that is merged away. */
  readonly person_id: string
  /** Id of the person that stays. */
  readonly into_person_id: string
  /** Rule that decided it, as rule@version; empty where a person decided. */
  readonly rule: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** Personal data of a person, and the only place for it. The topic is compacted: the last one counts, a tombstone erases. */
export interface PersonProfile extends CommonFields {
  readonly type: 'person-profile'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Full name. */
  readonly name: string
  /** Given name. */
  readonly given_name: string
  /** Family name. */
  readonly family_name: string
  /** Email address, normalised. */
  readonly email: string
  /** Other email addresses, normalised. */
  readonly other_emails: readonly string[]
  /** Phone number, E.164 where possible. */
  readonly phone: string
  /** Mobile number, E.164 where possible. */
  readonly mobile: string
  /** Street and number. */
  readonly street: string
  /** Postal code. */
  readonly postal_code: string
  /** City. */
  readonly city: string
  /** State or province. */
  readonly state: string
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string
  /** Public profile. */
  readonly social_url: string
  /** Picture. */
  readonly photo_url: string
  /** Other personal data of the source. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A merge of persons is taken back. */
export interface PersonUnmerged extends CommonFields {
  readonly type: 'person-unmerged'
  /** Id of the person that had been merged away. */
  readonly person_id: string
  /** Id of the person that it had been merged into. */
  readonly into_person_id: string
  /** Rule that decided it, as rule@version; empty where a person decided. */
  readonly rule: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** What is known about a person changed. A field that is not empty replaces what was known; an empty one says nothing unless named in cleared. */
export interface PersonUpdated extends CommonFields {
  readonly type: 'person-updated'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Business domain of the email address in lower case; empty for free mail and where it is not known. */
  readonly email_domain: string
  /** HMAC of the normalised email address, as in email:<hmac> nodes; never the address. */
  readonly email_hash: string
  /** Job title. */
  readonly title: string
  /** Level of the job: c-level, vp, director, manager, individual … */
  readonly seniority: string
  /** Persona of the persona document, where the source says so. */
  readonly persona: string
  /** Department that the person works in. */
  readonly department: string
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string
  /** The company's own sales region. */
  readonly region: string
  /** BCP 47 tag. */
  readonly language: string
  /** Source field as the source system has it. */
  readonly lead_source: string
  /** Member who owns the person in the source system. */
  readonly owner_id: string
  /** Link to the record in the source system. */
  readonly external_url: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
  /** Names of fields that became empty: an empty field alone says nothing about what it was before. */
  readonly cleared: readonly string[]
}

/** A record must not be counted (test, internal), or counts again. */
export interface RecordExcluded extends CommonFields {
  readonly type: 'record-excluded'
  /** Node of the record: person:…, account:…, deal:…, touch:…, campaign:… */
  readonly record: string
  /** test, internal, duplicate, error … */
  readonly reason: string
  /** False: it counts again. */
  readonly excluded: boolean
  /** In words. */
  readonly note: string
}

/** A text of a review pack was written; the last one of a place is shown. */
export interface ReviewNoted extends CommonFields {
  readonly type: 'review-noted'
  /** Id of the review, such as qbr-2026-Q3. */
  readonly review_id: string
  /** Place in the pack that the text is for. */
  readonly place: string
  /** takeaway, comment, ask … */
  readonly kind: string
  /** The text; empty: as computed. */
  readonly text: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
}

/** A function signed a review pack: it is frozen. */
export interface ReviewSigned extends CommonFields {
  readonly type: 'review-signed'
  /** Id of the review. */
  readonly review_id: string
  /** Period that it is about. */
  readonly period: string
  /** Function that the actor speaks for: marketing or sales. */
  readonly function: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
  /** Member whose delegate signed. */
  readonly on_behalf_of: string
  /** Knowledge time of every figure in it; microseconds since the epoch, UTC. */
  readonly as_of: Micros
  /** Digest of the canonical bytes, hexadecimal. */
  readonly sha256: string
  /** The canonical bytes, as text; empty where an earlier signature with the same digest carries them. */
  readonly document: string
  /** Digest of the one before; empty: the first. */
  readonly previous_sha256: string
  /** Versions of the definitions it was made by: id to version. */
  readonly definitions: Readonly<Record<string, string>>
}

/** A score of a person was computed or read from a source. */
export interface ScoreRecorded extends CommonFields {
  readonly type: 'score-recorded'
  /** Id of the person, without the person: prefix. */
  readonly person_id: string
  /** Id of the lead record in the source, where it has one; the journey is the person's. */
  readonly lead_id: string
  /** Model or rule that scored. */
  readonly model: string
  /** Version of the model. */
  readonly model_version: string
  /** Probability in millionths; null where the score is none. */
  readonly score_ppm: number | null
  /** Points, where the score is points. */
  readonly points: number | null
  /** What the probability is of: sqo, won … */
  readonly outcome: string
  /** Within how many days. */
  readonly horizon_days: number | null
  /** good, bad or empty. */
  readonly fit: string
  /** unready, sales-ready, hand-raiser or empty. */
  readonly readiness: string
  /** Bucket of the matrix. */
  readonly bucket: string
  /** What moved the score most, strongest first. */
  readonly reasons: readonly string[]
  /** Deal that is scored, where it is one. */
  readonly deal_id: string
}

/** An excuse for a clock was proposed by one function, or granted or refused by the other. */
export interface SlaClockExcused extends CommonFields {
  readonly type: 'sla-clock-excused'
  /** Id of the SLA clock. */
  readonly clock_id: string
  /** Policy, as id@version. */
  readonly policy: string
  /** Hand-off that the clock is of. */
  readonly handoff: string
  /** Obligation of the policy that it times. */
  readonly step: string
  /** Person whose lead it is. */
  readonly person_id: string
  /** Lead that it is about. */
  readonly lead_id: string
  /** Deal that it is about. */
  readonly deal_id: string
  /** What happened. */
  readonly decision: string
  /** Reason. */
  readonly reason: string
  /** Function that the actor speaks for: marketing or sales. */
  readonly function: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
}

/** A clock was escalated by a step of its policy. */
export interface SlaEscalated extends CommonFields {
  readonly type: 'sla-escalated'
  /** Id of the SLA clock. */
  readonly clock_id: string
  /** Policy, as id@version. */
  readonly policy: string
  /** Hand-off that the clock is of. */
  readonly handoff: string
  /** Obligation of the policy that it times. */
  readonly step: string
  /** Person whose lead it is. */
  readonly person_id: string
  /** Lead that it is about. */
  readonly lead_id: string
  /** Deal that it is about. */
  readonly deal_id: string
  /** Step of the escalation, from 1. */
  readonly level: number
  /** Member whom it was escalated to. */
  readonly to_member_id: string
  /** Member who owned the lead then. */
  readonly owner_id: string
  /** When the clock was due. */
  readonly due_at: Micros | null
}

/** Money was spent or promised. */
export interface SpendRecorded extends CommonFields {
  readonly type: 'spend-recorded'
  /** Id of the cost in its source; a restatement has the same. */
  readonly spend_id: string
  /** Cost in minor units of currency; negative for a credit note. */
  readonly amount_minor: bigint
  /** ISO 4217 code of the amount; XXX is book value without a currency. */
  readonly currency: string
  /** First day that the cost is for, a date of the ad account's own calendar. */
  readonly starts_on: IsoDate
  /** Last day that the cost is for, inclusive: spread evenly over the days; null: one day. */
  readonly ends_on: IsoDate | null
  /** Campaign id or alias; empty: unallocated. */
  readonly campaign: string
  /** Channel. */
  readonly channel: string
  /** media, event, content, agency, partner, tools, payroll, commission */
  readonly category: string
  /** Team that spent it. */
  readonly team: string
  /** True: promised, not yet spent. */
  readonly committed: boolean
  /** Ad platform or ledger that it comes from; aliases are looked up in it. */
  readonly system: string
  /** Account at the ad platform. */
  readonly ad_account: string
  /** Ad group or set. */
  readonly ad_group: string
  /** utm_source of the ad. */
  readonly utm_source: string
  /** utm_medium of the ad. */
  readonly utm_medium: string
  /** utm_content of the ad. */
  readonly utm_content: string
  /** Impressions that the cost bought. */
  readonly impressions: bigint | null
  /** Clicks that the cost bought. */
  readonly clicks: bigint | null
  /** Company that was paid. */
  readonly vendor: string
  /** Product. */
  readonly product: string
  /** Region. */
  readonly region: string
  /** Segment. */
  readonly segment: string
}

/** A cost as it should have been recorded: the whole cost, not the difference. */
export interface SpendRestated extends CommonFields {
  readonly type: 'spend-restated'
  /** Id of the cost in its source; a restatement has the same. */
  readonly spend_id: string
  /** Cost in minor units of currency; negative for a credit note. */
  readonly amount_minor: bigint
  /** ISO 4217 code of the amount; XXX is book value without a currency. */
  readonly currency: string
  /** First day that the cost is for, a date of the ad account's own calendar. */
  readonly starts_on: IsoDate
  /** Last day that the cost is for, inclusive: spread evenly over the days; null: one day. */
  readonly ends_on: IsoDate | null
  /** Campaign id or alias; empty: unallocated. */
  readonly campaign: string
  /** Channel. */
  readonly channel: string
  /** media, event, content, agency, partner, tools, payroll, commission */
  readonly category: string
  /** Team that spent it. */
  readonly team: string
  /** True: promised, not yet spent. */
  readonly committed: boolean
  /** Ad platform or ledger that it comes from; aliases are looked up in it. */
  readonly system: string
  /** Account at the ad platform. */
  readonly ad_account: string
  /** Ad group or set. */
  readonly ad_group: string
  /** utm_source of the ad. */
  readonly utm_source: string
  /** utm_medium of the ad. */
  readonly utm_medium: string
  /** utm_content of the ad. */
  readonly utm_content: string
  /** Impressions that the cost bought. */
  readonly impressions: bigint | null
  /** Clicks that the cost bought. */
  readonly clicks: bigint | null
  /** Company that was paid. */
  readonly vendor: string
  /** Product. */
  readonly product: string
  /** Region. */
  readonly region: string
  /** Segment. */
  readonly segment: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** A subscription was extended, reduced, renewed or repriced: the whole as it is now. */
export interface SubscriptionChanged extends CommonFields {
  readonly type: 'subscription-changed'
  /** Id of the subscription. */
  readonly subscription_id: string
  /** Account that pays; empty: unchanged. */
  readonly account_id: string
  /** Deal that it came from; empty: none. */
  readonly deal_id: string
  /** upgrade, downgrade, renewal, price … */
  readonly change: string
  /** First day of the change; null: the date of occurred_at. */
  readonly effective_on: IsoDate | null
  /** Day of renewal; null: open. */
  readonly renews_on: IsoDate | null
  /** Product. */
  readonly product: string
  /** Plan or price list. */
  readonly plan: string
  /** Recurring amount for one interval in minor units of currency; null: not known. */
  readonly amount_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Interval that the amount is for. */
  readonly interval: string
  /** Seats or units. */
  readonly quantity: bigint | null
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A subscription ended. */
export interface SubscriptionEnded extends CommonFields {
  readonly type: 'subscription-ended'
  /** Id of the subscription. */
  readonly subscription_id: string
  /** Last day; null: the date of occurred_at. */
  readonly ended_on: IsoDate | null
  /** Why, in words or as a code of the source. */
  readonly reason: string
  /** Competitor that the customer went to. */
  readonly competitor: string
}

/** A customer began to pay again and again. */
export interface SubscriptionStarted extends CommonFields {
  readonly type: 'subscription-started'
  /** Id of the subscription. */
  readonly subscription_id: string
  /** Account that pays. */
  readonly account_id: string
  /** Deal that it came from. */
  readonly deal_id: string
  /** First day; null: the date of occurred_at. */
  readonly starts_on: IsoDate | null
  /** Day of renewal; null: open. */
  readonly renews_on: IsoDate | null
  /** Product. */
  readonly product: string
  /** Plan or price list. */
  readonly plan: string
  /** Recurring amount for one interval in minor units of currency; null: not known. */
  readonly amount_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Interval that the amount is for. */
  readonly interval: string
  /** Seats or units. */
  readonly quantity: bigint | null
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A target for a period; the last one of a target id is in force. */
export interface TargetSet extends CommonFields {
  readonly type: 'target-set'
  /** Id of the target. */
  readonly target_id: string
  /** What is aimed at: revenue, pipeline, mql, sqo, spend … or a number of the metric dictionary. */
  readonly metric: string
  /** Fiscal period: 2026, 2026-Q3, 2026-09 … */
  readonly period: string
  /** First day, where the period is not fiscal. */
  readonly from_on: IsoDate | null
  /** First day after the period, where it is not fiscal. */
  readonly to_on: IsoDate | null
  /** Target in minor units of currency, for money. */
  readonly amount_minor: bigint | null
  /** ISO 4217 code of the amount; empty where there is no amount. */
  readonly currency: string
  /** Target as a count. */
  readonly count: bigint | null
  /** Target as a ratio in millionths. */
  readonly ratio_ppm: number | null
  /** Team; empty: all. */
  readonly team: string
  /** Member; empty: all. */
  readonly owner_id: string
  /** Segment; empty: all. */
  readonly segment: string
  /** Region; empty: all. */
  readonly region: string
  /** Product; empty: all. */
  readonly product: string
  /** Pipeline; empty: all. */
  readonly pipeline: string
  /** Channel; empty: all. */
  readonly channel: string
  /** True: there is no such target any more. */
  readonly withdrawn: boolean
}

/** Settings of the tenant as a whole from occurred_at on. */
export interface TenantConfigured extends CommonFields {
  readonly type: 'tenant-configured'
  /** Name of the company. */
  readonly name: string
  /** IANA time zone of periods and dates. */
  readonly zone: string
  /** Month that the fiscal year begins in, 1 to 12. */
  readonly fiscal_year_start_month: number
  /** Id of the fiscal calendar document (4-4-5 …); empty: calendar months. */
  readonly fiscal_calendar: string
  /** ISO 4217 code of the reporting currency. */
  readonly currency: string
  /** Bookings measure. */
  readonly measure: string
  /** First day of the week: 1 Monday to 7 Sunday. */
  readonly week_starts_on: number
  /** Lawful basis where there is no record of consent; none: such touches do not count; empty: legitimate-interest. */
  readonly lawful_basis: string
  /** Further settings as JSON. */
  readonly settings: string
}

/** A tenant exists. */
export interface TenantCreated extends CommonFields {
  readonly type: 'tenant-created'
  /** Name of the tenant. */
  readonly name: string
}

/** The backfill is over: from its append time on answers never change for a past as_of. */
export interface TenantWentLive extends CommonFields {
  readonly type: 'tenant-went-live'
  /** In words. */
  readonly note: string
}

/** A touch as it should have been recorded: the whole touch, not the difference. A touch of somebody else is retracted and recorded again. */
export interface TouchCorrected extends CommonFields {
  readonly type: 'touch-corrected'
  /** Node that acted or was acted on. */
  readonly subject: string
  /** event_id of the touch-recorded. */
  readonly touch_id: string
  /** When the touch happened; microseconds since the epoch, UTC. */
  readonly touched_at: Micros
  /** What happened: form, download, session, ad-click, email-sent, email-opened, email-clicked, reply, call, meeting, event-attended, chat … */
  readonly touch_type: string
  /** Channel, as the source says it; the channel map has the last word. */
  readonly channel: string
  /** Campaign id or alias. */
  readonly campaign: string
  /** utm_source, raw. */
  readonly utm_source: string
  /** utm_medium, raw. */
  readonly utm_medium: string
  /** utm_term, raw. */
  readonly utm_term: string
  /** utm_content, raw. */
  readonly utm_content: string
  /** Content that was seen or sent. */
  readonly content_id: string
  /** How it ended: connected, no-answer, held, no-show, bounced, submitted … */
  readonly outcome: string
  /** Who began: the person (inbound) or the company (outbound). */
  readonly direction: string
  /** Team whose effort it was: marketing, sales, partner, success, support, product …; an open set. */
  readonly team: string
  /** True: done by a machine (sequence, scanner, bot). */
  readonly automatic: boolean
  /** Member who did it. */
  readonly member_id: string
  /** Nodes of the other people in it. */
  readonly participants: readonly string[]
  /** Session that it was in. */
  readonly session_id: string
  /** How exact occurred_at is: instant or day. */
  readonly precision: string
  /** Recording of the call or meeting. */
  readonly recording_url: string
  /** How long it took, in seconds. */
  readonly duration_seconds: number | null
  /** Page that it happened on, without query parameters that identify a person. */
  readonly page_url: string
  /** Form that was sent. */
  readonly form_id: string
  /** Pages seen in the session. */
  readonly page_views: number | null
  /** Page or host that it came from. */
  readonly referrer: string
  /** Click id of the ad platform, as kind:value (gclid:…). */
  readonly click_id: string
  /** Deal that the source ties it to. */
  readonly deal_id: string
  /** Product that it was about. */
  readonly product: string
  /** Partner who had a part in it. */
  readonly partner: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** One marketing or sales interaction; calls, meetings and replies too. Its event_id is the id of the touch. */
export interface TouchRecorded extends CommonFields {
  readonly type: 'touch-recorded'
  /** Node that acted or was acted on. */
  readonly subject: string
  /** What happened: form, download, session, ad-click, email-sent, email-opened, email-clicked, reply, call, meeting, event-attended, chat … */
  readonly touch_type: string
  /** Channel, as the source says it; the channel map has the last word. */
  readonly channel: string
  /** Campaign id or alias. */
  readonly campaign: string
  /** utm_source, raw. */
  readonly utm_source: string
  /** utm_medium, raw. */
  readonly utm_medium: string
  /** utm_term, raw. */
  readonly utm_term: string
  /** utm_content, raw. */
  readonly utm_content: string
  /** Content that was seen or sent. */
  readonly content_id: string
  /** How it ended: connected, no-answer, held, no-show, bounced, submitted … */
  readonly outcome: string
  /** Who began: the person (inbound) or the company (outbound). */
  readonly direction: string
  /** Team whose effort it was: marketing, sales, partner, success, support, product …; an open set. */
  readonly team: string
  /** True: done by a machine (sequence, scanner, bot). */
  readonly automatic: boolean
  /** Member who did it. */
  readonly member_id: string
  /** Nodes of the other people in it. */
  readonly participants: readonly string[]
  /** Session that it was in. */
  readonly session_id: string
  /** How exact occurred_at is: instant or day. */
  readonly precision: string
  /** Recording of the call or meeting. */
  readonly recording_url: string
  /** How long it took, in seconds. */
  readonly duration_seconds: number | null
  /** Page that it happened on, without query parameters that identify a person. */
  readonly page_url: string
  /** Form that was sent. */
  readonly form_id: string
  /** Pages seen in the session. */
  readonly page_views: number | null
  /** Page or host that it came from. */
  readonly referrer: string
  /** Click id of the ad platform, as kind:value (gclid:…). */
  readonly click_id: string
  /** Deal that the source ties it to. */
  readonly deal_id: string
  /** Product that it was about. */
  readonly product: string
  /** Partner who had a part in it. */
  readonly partner: string
  /** Other attributes of the source, by the source's field name; no personal data. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A touch that never happened, or not like that. */
export interface TouchRetracted extends CommonFields {
  readonly type: 'touch-retracted'
  /** Node that acted or was acted on. */
  readonly subject: string
  /** event_id of the touch-recorded. */
  readonly touch_id: string
  /** Why, in words or as a code of the source. */
  readonly reason: string
}

/** A member completed a training. */
export interface TrainingCompleted extends CommonFields {
  readonly type: 'training-completed'
  /** Id of the member. */
  readonly member_id: string
  /** Id of the training. */
  readonly training_id: string
  /** Title of the training. */
  readonly title: string
  /** Content that was taught. */
  readonly content_id: string
  /** Result in millionths; null: not measured. */
  readonly score_ppm: number | null
  /** Last day that the training counts. */
  readonly expires_on: IsoDate | null
}

/** A saved view was taken away. */
export interface ViewRemoved extends CommonFields {
  readonly type: 'view-removed'
  /** Id of the view. */
  readonly view_id: string
  /** Member who acts, as the credential says. */
  readonly member_id: string
}

/** A view of a page was saved under a name, or changed as a whole. */
export interface ViewSaved extends CommonFields {
  readonly type: 'view-saved'
  /** Id of the view. */
  readonly view_id: string
  /** What people call it. */
  readonly name: string
  /** Page that it is of, as its path. */
  readonly page: string
  /** State of the page, as a query string. */
  readonly query: string
  /** Everybody sees it, not only its member. */
  readonly shared: boolean
  /** Member who acts, as the credential says. */
  readonly member_id: string
}

export interface EventsByType {
  readonly 'account-merged': AccountMerged
  readonly 'account-parent-changed': AccountParentChanged
  readonly 'account-plan-set': AccountPlanSet
  readonly 'account-unmerged': AccountUnmerged
  readonly 'account-updated': AccountUpdated
  readonly 'activity-planned': ActivityPlanned
  readonly 'audit-signed': AuditSigned
  readonly 'backfill-opened': BackfillOpened
  readonly 'campaign-alias-added': CampaignAliasAdded
  readonly 'campaign-alias-removed': CampaignAliasRemoved
  readonly 'campaign-audience-added': CampaignAudienceAdded
  readonly 'campaign-audience-removed': CampaignAudienceRemoved
  readonly 'campaign-cancelled': CampaignCancelled
  readonly 'campaign-changed': CampaignChanged
  readonly 'campaign-planned': CampaignPlanned
  readonly 'commitment-changed': CommitmentChanged
  readonly 'commitment-made': CommitmentMade
  readonly 'consent-changed': ConsentChanged
  readonly 'content-published': ContentPublished
  readonly 'content-retired': ContentRetired
  readonly 'crm-snapshot-taken': CrmSnapshotTaken
  readonly 'dead-letter': DeadLetter
  readonly 'deal-account-changed': DealAccountChanged
  readonly 'deal-amount-changed': DealAmountChanged
  readonly 'deal-attributes-changed': DealAttributesChanged
  readonly 'deal-close-date-changed': DealCloseDateChanged
  readonly 'deal-closed': DealClosed
  readonly 'deal-contact-linked': DealContactLinked
  readonly 'deal-contact-unlinked': DealContactUnlinked
  readonly 'deal-created': DealCreated
  readonly 'deal-deleted': DealDeleted
  readonly 'deal-forecast-category-changed': DealForecastCategoryChanged
  readonly 'deal-merged': DealMerged
  readonly 'deal-owner-changed': DealOwnerChanged
  readonly 'deal-reopened': DealReopened
  readonly 'deal-split-changed': DealSplitChanged
  readonly 'deal-stage-changed': DealStageChanged
  readonly 'definition-approved': DefinitionApproved
  readonly 'definition-published': DefinitionPublished
  readonly 'definition-refused': DefinitionRefused
  readonly 'feedback-recorded': FeedbackRecorded
  readonly 'finance-input-recorded': FinanceInputRecorded
  readonly 'forecast-call-submitted': ForecastCallSubmitted
  readonly 'fx-rate-recorded': FxRateRecorded
  readonly 'identity-linked': IdentityLinked
  readonly 'identity-unlinked': IdentityUnlinked
  readonly 'key-created': KeyCreated
  readonly 'key-revoked': KeyRevoked
  readonly 'lead-accepted': LeadAccepted
  readonly 'lead-assigned': LeadAssigned
  readonly 'lead-converted': LeadConverted
  readonly 'lead-created': LeadCreated
  readonly 'lead-disqualified': LeadDisqualified
  readonly 'lead-recycled': LeadRecycled
  readonly 'lead-rejected': LeadRejected
  readonly 'lead-stage-changed': LeadStageChanged
  readonly 'meeting-held': MeetingHeld
  readonly 'member-changed': MemberChanged
  readonly 'notice-sent': NoticeSent
  readonly 'person-created': PersonCreated
  readonly 'person-erased': PersonErased
  readonly 'person-merged': PersonMerged
  readonly 'person-profile': PersonProfile
  readonly 'person-unmerged': PersonUnmerged
  readonly 'person-updated': PersonUpdated
  readonly 'record-excluded': RecordExcluded
  readonly 'review-noted': ReviewNoted
  readonly 'review-signed': ReviewSigned
  readonly 'score-recorded': ScoreRecorded
  readonly 'sla-clock-excused': SlaClockExcused
  readonly 'sla-escalated': SlaEscalated
  readonly 'spend-recorded': SpendRecorded
  readonly 'spend-restated': SpendRestated
  readonly 'subscription-changed': SubscriptionChanged
  readonly 'subscription-ended': SubscriptionEnded
  readonly 'subscription-started': SubscriptionStarted
  readonly 'target-set': TargetSet
  readonly 'tenant-configured': TenantConfigured
  readonly 'tenant-created': TenantCreated
  readonly 'tenant-went-live': TenantWentLive
  readonly 'touch-corrected': TouchCorrected
  readonly 'touch-recorded': TouchRecorded
  readonly 'touch-retracted': TouchRetracted
  readonly 'training-completed': TrainingCompleted
  readonly 'view-removed': ViewRemoved
  readonly 'view-saved': ViewSaved
}

/** Fields of the type itself that producers have to give: the others have a default. */
export interface RequiredFields {
  readonly 'account-merged': 'account_id' | 'into_account_id'
  readonly 'account-parent-changed': 'account_id'
  readonly 'account-plan-set': 'account_id'
  readonly 'account-unmerged': 'account_id' | 'into_account_id'
  readonly 'account-updated': 'account_id'
  readonly 'activity-planned': 'activity_id' | 'activity_type'
  readonly 'audit-signed': 'audit_id' | 'as_of' | 'sha256'
  readonly 'backfill-opened': never
  readonly 'campaign-alias-added': 'campaign' | 'system' | 'alias'
  readonly 'campaign-alias-removed': 'campaign' | 'system' | 'alias'
  readonly 'campaign-audience-added': 'campaign'
  readonly 'campaign-audience-removed': 'campaign'
  readonly 'campaign-cancelled': 'campaign'
  readonly 'campaign-changed': 'campaign'
  readonly 'campaign-planned': 'campaign'
  readonly 'commitment-changed': 'commitment_id'
  readonly 'commitment-made': 'commitment_id'
  readonly 'consent-changed': 'person_id' | 'purpose' | 'granted'
  readonly 'content-published': 'content_id' | 'version'
  readonly 'content-retired': 'content_id'
  readonly 'crm-snapshot-taken': 'snapshot_id'
  readonly 'dead-letter': 'origin_topic' | 'origin_partition' | 'origin_offset' | 'origin_appended_at' | 'reason_code' | 'payload'
  readonly 'deal-account-changed': 'deal_id'
  readonly 'deal-amount-changed': 'deal_id' | 'amount_minor'
  readonly 'deal-attributes-changed': 'deal_id'
  readonly 'deal-close-date-changed': 'deal_id' | 'close_date'
  readonly 'deal-closed': 'deal_id' | 'outcome'
  readonly 'deal-contact-linked': 'deal_id' | 'person_id'
  readonly 'deal-contact-unlinked': 'deal_id' | 'person_id'
  readonly 'deal-created': 'deal_id' | 'stage'
  readonly 'deal-deleted': 'deal_id'
  readonly 'deal-forecast-category-changed': 'deal_id' | 'forecast_category'
  readonly 'deal-merged': 'deal_id' | 'into_deal_id'
  readonly 'deal-owner-changed': 'deal_id'
  readonly 'deal-reopened': 'deal_id'
  readonly 'deal-split-changed': 'deal_id'
  readonly 'deal-stage-changed': 'deal_id' | 'stage'
  readonly 'definition-approved': 'definition_id' | 'version'
  readonly 'definition-published': 'definition_id' | 'version' | 'kind' | 'document'
  readonly 'definition-refused': 'definition_id' | 'version'
  readonly 'feedback-recorded': 'person_id' | 'kind'
  readonly 'finance-input-recorded': 'input_id' | 'name'
  readonly 'forecast-call-submitted': 'member_id' | 'period' | 'amount_minor' | 'currency'
  readonly 'fx-rate-recorded': 'base_currency' | 'quote_currency' | 'rate_on' | 'rate'
  readonly 'identity-linked': 'identity' | 'target'
  readonly 'identity-unlinked': 'identity' | 'target'
  readonly 'key-created': 'key_id' | 'secret_hash'
  readonly 'key-revoked': 'key_id'
  readonly 'lead-accepted': 'person_id'
  readonly 'lead-assigned': 'person_id'
  readonly 'lead-converted': 'person_id'
  readonly 'lead-created': 'person_id'
  readonly 'lead-disqualified': 'person_id' | 'reason'
  readonly 'lead-recycled': 'person_id'
  readonly 'lead-rejected': 'person_id' | 'reason_class'
  readonly 'lead-stage-changed': 'person_id' | 'stage'
  readonly 'meeting-held': 'meeting_id'
  readonly 'member-changed': 'member_id' | 'function'
  readonly 'notice-sent': 'notice_id' | 'cause_id' | 'channel' | 'outcome'
  readonly 'person-created': 'person_id'
  readonly 'person-erased': 'person_id'
  readonly 'person-merged': 'person_id' | 'into_person_id'
  readonly 'person-profile': 'person_id'
  readonly 'person-unmerged': 'person_id' | 'into_person_id'
  readonly 'person-updated': 'person_id'
  readonly 'record-excluded': 'record' | 'reason'
  readonly 'review-noted': 'review_id' | 'place'
  readonly 'review-signed': 'review_id' | 'as_of' | 'sha256'
  readonly 'score-recorded': 'person_id' | 'model'
  readonly 'sla-clock-excused': 'clock_id' | 'decision'
  readonly 'sla-escalated': 'clock_id' | 'level'
  readonly 'spend-recorded': 'spend_id' | 'amount_minor' | 'currency' | 'starts_on' | 'category'
  readonly 'spend-restated': 'spend_id' | 'amount_minor' | 'currency' | 'starts_on' | 'category'
  readonly 'subscription-changed': 'subscription_id'
  readonly 'subscription-ended': 'subscription_id'
  readonly 'subscription-started': 'subscription_id' | 'account_id'
  readonly 'target-set': 'target_id' | 'metric' | 'period'
  readonly 'tenant-configured': 'zone' | 'currency'
  readonly 'tenant-created': never
  readonly 'tenant-went-live': never
  readonly 'touch-corrected': 'subject' | 'touch_id' | 'touched_at' | 'touch_type'
  readonly 'touch-recorded': 'subject' | 'touch_type'
  readonly 'touch-retracted': 'subject' | 'touch_id'
  readonly 'training-completed': 'member_id' | 'training_id'
  readonly 'view-removed': 'view_id'
  readonly 'view-saved': 'view_id' | 'name' | 'page'
}

export type EventType = keyof EventsByType

export type EventOf<T extends EventType> = EventsByType[T]

/** Any event, told apart by `type`. */
export type AccordEvent = EventsByType[EventType]

/** An event as a producer may write it: fields with a default may be left out. */
export type NewEvent<T extends EventType> = Pick<EventOf<T>, (RequiredFields[T] | 'type' | Exclude<keyof CommonFields, 'known_at'>) & keyof EventOf<T>> &
  Partial<EventOf<T>>

export type WritableEvent = { [T in EventType]: NewEvent<T> }[EventType]

// Made by scripts/api-types.ts from the API’s description. Not edited by hand.
/* oxlint-disable typescript/no-redundant-type-constituents -- texts that may be empty */

/**
 * A condition of the predicate language, of others or of one attribute or activity
 */
export type ConditionInput = (({
op: "compare"
attribute: string
is: ("<" | "<=" | "=" | ">=" | ">")
value: number
/**
 * Of account.revenue and deal.amount, whose value is in minor units; amounts in another currency are unknown
 */
currency?: string
} | {
op: "in"
attribute: string
/**
 * @minItems 1
 * @maxItems 500
 */
values: string[]
} | {
op: "starts"
attribute: string
/**
 * @minItems 1
 * @maxItems 500
 */
values: string[]
} | {
op: "contains"
attribute: string
/**
 * @minItems 1
 * @maxItems 500
 */
values: string[]
} | {
op: "known"
attribute: string
} | {
op: "touches"
touches: {
/**
 * Touch types, as events have them
 * 
 * @minItems 1
 * @maxItems 50
 */
types: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
channels?: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
outcomes?: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
teams?: string[]
direction?: ("inbound" | "outbound")
}
within_days: number
at_least: number
once_a_day?: boolean
} | {
op: "channels"
touches: {
/**
 * Touch types, as events have them
 * 
 * @minItems 1
 * @maxItems 50
 */
types: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
channels?: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
outcomes?: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
teams?: string[]
direction?: ("inbound" | "outbound")
}
within_days: number
at_least: number
} | {
op: "points"
at_least: number
/**
 * @minItems 1
 * @maxItems 10
 */
groups: {
name: string
limit?: number
/**
 * @minItems 1
 * @maxItems 20
 */
rules: {
touches: {
/**
 * Touch types, as events have them
 * 
 * @minItems 1
 * @maxItems 50
 */
types: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
channels?: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
outcomes?: string[]
/**
 * @minItems 1
 * @maxItems 50
 */
teams?: string[]
direction?: ("inbound" | "outbound")
}
points: number
within_days: number
halve_every_days?: number
once_a_day?: boolean
}[]
}[]
} | {
op: "fit"
is: ("good" | "bad")
} | {
op: "bucket"
/**
 * @minItems 1
 * @maxItems 6
 */
values: string[]
}) | {
op: "all"
/**
 * @minItems 1
 * @maxItems 50
 */
of: ConditionInput[]
} | {
op: "any"
/**
 * @minItems 1
 * @maxItems 50
 */
of: ConditionInput[]
} | {
op: "not"
of: ConditionInput
})
/**
 * Journeys that would stand in another stage, or end otherwise, by from where to where
 */
export type MovedJourneys = {
/**
 * Null: no such journey under the map in force
 */
stage_before: (string | null)
/**
 * Null: no such journey under the proposal
 */
stage_after: (string | null)
outcome_before: (string | null)
outcome_after: (string | null)
count: number
journeys: {
journey: string
person: string
opened_at: string
}[]
}[]

export interface Api {
"GET /v1/attribution": {
query: {
model?: string
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
order?: number
linkage?: ("hybrid" | "explicit" | "implicit" | "buying_group")
account_scope?: ("account" | "family")
lookback_days?: number
by?: (("channel" | "campaign" | "source" | "content" | "team" | "month" | "day") | ("channel" | "campaign" | "source" | "content" | "team" | "month" | "day")[])
from?: string
to?: string
period?: string
currency?: string
channel?: (string | string[])
campaign?: (string | string[])
source?: (string | string[])
content?: (string | string[])
team?: (string | string[])
month?: (string | string[])
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/attribution/compare": {
query: {
model?: (string | string[])
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
linkage?: ("hybrid" | "explicit" | "implicit" | "buying_group")
account_scope?: ("account" | "family")
by?: (("channel" | "campaign" | "source" | "content" | "team" | "month" | "day") | ("channel" | "campaign" | "source" | "content" | "team" | "month" | "day")[])
from?: string
to?: string
period?: string
currency?: string
channel?: (string | string[])
campaign?: (string | string[])
source?: (string | string[])
content?: (string | string[])
team?: (string | string[])
month?: (string | string[])
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
order?: number
lookback_days?: number
}
body: unknown
answer: Answer
}
"GET /v1/attribution/lookback": {
query: {
model?: string
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
linkage?: ("hybrid" | "explicit" | "implicit" | "buying_group")
account_scope?: ("account" | "family")
by?: (("channel" | "campaign" | "source" | "content" | "team" | "month" | "day") | ("channel" | "campaign" | "source" | "content" | "team" | "month" | "day")[])
from?: string
to?: string
period?: string
currency?: string
channel?: (string | string[])
campaign?: (string | string[])
source?: (string | string[])
content?: (string | string[])
team?: (string | string[])
month?: (string | string[])
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
order?: number
lookback_days?: (number | number[])
}
body: unknown
answer: Answer
}
"GET /v1/attribution/paths": {
query: {
steps?: number
most?: number
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
linkage?: ("hybrid" | "explicit" | "implicit" | "buying_group")
account_scope?: ("account" | "family")
lookback_days?: number
from?: string
to?: string
period?: string
currency?: string
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/attribution/google-offline-conversions": {
query: {
conversion?: ("won" | "deal" | "sqo")
model?: string
name?: string
linkage?: ("hybrid" | "explicit" | "implicit" | "buying_group")
account_scope?: ("account" | "family")
lookback_days?: number
from?: string
to?: string
period?: string
currency?: string
as_of?: string
after?: string
}
body: unknown
answer: unknown
}
"GET /v1/sourced": {
query: {
by?: (("month" | "owner" | "team" | "region" | "pipeline" | "product" | "deal_type") | ("month" | "owner" | "team" | "region" | "pipeline" | "product" | "deal_type")[])
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
from?: string
to?: string
period?: string
currency?: string
month?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
pipeline?: (string | string[])
product?: (string | string[])
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/sourced/overlap": {
query: {
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
from?: string
to?: string
period?: string
currency?: string
month?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
pipeline?: (string | string[])
product?: (string | string[])
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/attribution/journeys": {
query: {
by?: (("month" | "owner" | "team" | "region" | "pipeline" | "product" | "deal_type") | ("month" | "owner" | "team" | "region" | "pipeline" | "product" | "deal_type")[])
from?: string
to?: string
period?: string
currency?: string
month?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
pipeline?: (string | string[])
product?: (string | string[])
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/roi": {
query: {
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
model?: string
order?: number
linkage?: ("hybrid" | "explicit" | "implicit" | "buying_group")
account_scope?: ("account" | "family")
lookback_days?: number
by?: (("channel" | "campaign" | "source" | "team" | "month" | "day") | ("channel" | "campaign" | "source" | "team" | "month" | "day")[])
dated?: ("close" | "touch")
margin?: ("none" | "gross")
spend_scope?: ("program" | "loaded")
deal_type?: (string | string[])
from?: string
to?: string
period?: string
currency?: string
channel?: (string | string[])
campaign?: (string | string[])
source?: (string | string[])
team?: (string | string[])
month?: (string | string[])
day?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/spend": {
query: {
by?: (("channel" | "campaign" | "team" | "region" | "segment" | "product" | "month" | "day" | "category" | "source" | "system" | "vendor" | "match") | ("channel" | "campaign" | "team" | "region" | "segment" | "product" | "month" | "day" | "category" | "source" | "system" | "vendor" | "match")[])
from?: string
to?: string
period?: string
currency?: string
spend_scope?: ("program" | "loaded")
channel?: (string | string[])
campaign?: (string | string[])
team?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
product?: (string | string[])
month?: (string | string[])
day?: (string | string[])
category?: (string | string[])
source?: (string | string[])
system?: (string | string[])
vendor?: (string | string[])
match?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/funnel/stages": {
query: {
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[])
from?: string
to?: string
period?: string
currency?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
dims?: ("anchor" | "current")
stage?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/funnel/conversion": {
query: {
stage_from?: string
stage_to?: string
horizon_days?: number
policy?: ("implied" | "strict")
measure?: ("cohort" | "throughput" | "strict" | "cumulative")
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[])
from?: string
to?: string
period?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
dims?: ("anchor" | "current")
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/forecast/{period}": {
query: {
by?: (("team" | "owner" | "pipeline" | "product" | "deal_type" | "region" | "segment") | ("team" | "owner" | "pipeline" | "product" | "deal_type" | "region" | "segment")[])
team?: (string | string[])
owner?: (string | string[])
pipeline?: (string | string[])
product?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
deal_type?: (string | string[])
stage_floor?: string
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
periods?: number
seed?: number
runs?: number
stale_days?: number
}
body: unknown
answer: Answer
}
"GET /v1/forecast/{period}/backtest": {
query: {
by?: (("period" | "week") | ("period" | "week")[])
team?: (string | string[])
owner?: (string | string[])
pipeline?: (string | string[])
product?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
deal_type?: (string | string[])
stage_floor?: string
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
periods?: number
seed?: number
}
body: unknown
answer: Answer
}
"GET /v1/pipeline/bridge": {
query: {
from?: string
to?: string
period?: string
team?: (string | string[])
owner?: (string | string[])
pipeline?: (string | string[])
product?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
deal_type?: (string | string[])
stage_floor?: string
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/deals": {
query: {
period?: string
status?: ("open" | "won" | "lost")
stage?: (string | string[])
category?: (string | string[])
stale?: ("true" | "false")
stale_days?: number
moved_since?: string
sort?: ("close_date" | "amount" | "age" | "moved" | "pushes")
team?: (string | string[])
owner?: (string | string[])
pipeline?: (string | string[])
product?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
deal_type?: (string | string[])
stage_floor?: string
currency?: string
as_of?: string
after?: string
limit?: number
cursor?: string
}
body: unknown
answer: PipelineDeals
}
"GET /v1/funnel/velocity": {
query: {
stage_from?: string
stage_to?: string
start?: ("creation" | "sqo")
currency?: string
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[])
from?: string
to?: string
period?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
dims?: ("anchor" | "current")
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/funnel/outcomes": {
query: {
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[])
from?: string
to?: string
period?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
dims?: ("anchor" | "current")
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/funnel/win-rate": {
query: {
horizon_days?: number
stale_days?: number
start?: ("creation" | "sqo")
currency?: string
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[])
from?: string
to?: string
period?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
dims?: ("anchor" | "current")
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/funnel/losses": {
query: {
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[])
from?: string
to?: string
period?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
dims?: ("anchor" | "current")
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/funnel/leaks": {
query: {
stage_from?: string
horizon_days?: number
baseline?: ("trailing" | "target")
baseline_periods?: number
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[])
from?: string
to?: string
period?: string
currency?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
dims?: ("anchor" | "current")
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"POST /v1/reconcile": {
query: {
from?: string
to?: string
period?: string
currency?: string
deal_type?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: {
/**
 * When the CRM said so: what became known here later is named late; default: now
 */
taken_at?: string
/**
 * CRM that says so: salesforce, hubspot …
 */
system?: string
/**
 * Keeps the rows, so that GET /v1/reconcile compares with them; needs a credential that may send facts. false: compared and forgotten
 */
keep?: boolean
/**
 * @minItems 1
 * @maxItems 20000
 */
rows: {
/**
 * Its id in the CRM; here the same, with the system in front, or the end of the link to the record
 */
deal_id: string
state: ("open" | "won" | "lost")
amount_minor?: unknown
/**
 * Default: the one asked for
 */
currency?: string
close_date?: (string | null)
deleted?: boolean
}[]
}
answer: ReconciledOnce
}
"GET /v1/reconcile": {
query: {
from?: string
to?: string
period?: string
currency?: string
deal_type?: (string | string[])
snapshot?: string
system?: string
measure?: (("won" | "open") | ("won" | "open")[])
what?: (("crm" | "here" | "difference" | "because" | "deal") | ("crm" | "here" | "difference" | "because" | "deal")[])
reason?: (("missing_here" | "missing_there" | "deleted" | "merged" | "excluded" | "late" | "status" | "open_type" | "unmapped" | "close_date" | "currency" | "amount") | ("missing_here" | "missing_there" | "deleted" | "merged" | "excluded" | "late" | "status" | "open_type" | "unmapped" | "close_date" | "currency" | "amount")[])
limit?: number
cursor?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Reconciled
}
"GET /v1/reconcile/snapshots": {
query: {
system?: (string | string[])
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: CrmSnapshots
}
"GET /v1/plan/reverse-funnel": {
query: {
period?: string
target?: number
rate?: (string | string[])
mean_value?: number
open?: number
renewals?: number
fed_share?: number
history_days?: number
horizon_days?: number
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/targets": {
query: {
period?: string
goal?: (string | string[])
team?: (string | string[])
owner?: (string | string[])
segment?: (string | string[])
region?: (string | string[])
product?: (string | string[])
pipeline?: (string | string[])
channel?: (string | string[])
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/plan/mql": {
query: {
stage?: string
months?: number
history_months?: number
base_months?: number
max_lag?: number
yield?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/plan/variance": {
query: {
period?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/plan/capacity": {
query: {
leads?: number
touches_per_lead?: number
minutes_per_touch?: number
weeks?: number
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"POST /v1/forecast/{period}/call": {
query: {

}
body: {
/**
 * Amount called, in minor units of currency
 */
amount_minor: number
/**
 * ISO 4217; default: the tenant’s
 */
currency?: string
/**
 * commit, best-case, closed …; without it: the call
 */
category?: string
low_minor?: number
high_minor?: number
/**
 * Team that it is for: only its managers, executives and operations call for a team
 */
team?: string
pipeline?: string
segment?: string
note?: string
/**
 * The same one twice counts once
 */
event_id?: string
}
answer: Written
}
"GET /v1/forecast/{period}/calls": {
query: {
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/scores/model": {
query: {
of?: ("lead" | "deal")
all?: string
as_of?: string
after?: string
}
body: unknown
answer: {
models: ScoreModelCard[]
flags: string[]
as_of: string
watermark: string
}
}
"GET /v1/leads/{person}/score": {
query: {
as_of?: string
after?: string
}
body: unknown
answer: {
id: string
scores: Score[]
flags: string[]
as_of: string
watermark: string
}
}
"GET /v1/deals/{id}/score": {
query: {
as_of?: string
after?: string
}
body: unknown
answer: {
id: string
scores: Score[]
flags: string[]
as_of: string
watermark: string
}
}
"GET /v1/deals/{id}/credit": {
query: {
model?: (string | string[])
order?: number
linkage?: ("hybrid" | "explicit" | "implicit" | "buying_group")
account_scope?: ("account" | "family")
lookback_days?: number
conversion?: ("won" | "deal" | "sqo")
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/leads/matrix": {
query: {
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product" | "bucket") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product" | "bucket")[])
horizon_days?: number
definition?: string
from?: string
to?: string
period?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
bucket?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/leads/quality": {
query: {
metric?: (("M23a" | "M23b" | "M24" | "M24b" | "M25" | "M27" | "M28" | "M29" | "M33" | "M34" | "M105" | "M107") | ("M23a" | "M23b" | "M24" | "M24b" | "M25" | "M27" | "M28" | "M29" | "M33" | "M34" | "M105" | "M107")[])
by?: (("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product" | "bucket") | ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product" | "bucket")[])
horizon_days?: number
definition?: string
from?: string
to?: string
period?: string
month?: (string | string[])
week?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
industry?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
persona?: (string | string[])
pipeline?: (string | string[])
deal_type?: (string | string[])
product?: (string | string[])
bucket?: (string | string[])
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/leads/re-engagement": {
query: {
by?: (("campaign" | "touch_type") | ("campaign" | "touch_type")[])
dormant_days?: number
from?: string
to?: string
period?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/leads": {
query: {
state?: ("open" | "ended" | "all")
from?: string
to?: string
period?: string
bucket?: (string | string[])
stage?: (string | string[])
owner?: (string | string[])
channel?: (string | string[])
campaign?: (string | string[])
account?: (string | string[])
outcome?: (string | string[])
person?: (string | string[])
limit?: number
cursor?: string
as_of?: string
after?: string
format?: ("json" | "csv")
}
body: unknown
answer: Leads
}
"POST /v1/leads/{person}/accept": {
query: {
after?: string
}
body: {
handoff?: ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"POST /v1/leads/{person}/reject": {
query: {
after?: string
}
body: {
/**
 * definitional ends the journey; after the others it may be handed over again
 */
reason_class: ("procedural" | "clerical" | "definitional")
reason: string
handoff?: ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"POST /v1/leads/{person}/disqualify": {
query: {
after?: string
}
body: {
reason: ("unreachable" | "bad-data" | "no-need" | "no-budget" | "no-fit" | "timing")
sub_reason?: string
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"POST /v1/leads/{person}/assign": {
query: {
after?: string
}
body: {
owner_id?: string
queue?: string
team?: string
reason?: string
handoff?: ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"POST /v1/leads/assign": {
query: {
after?: string
}
body: {
/**
 * Ids of persons, with or without person:
 * 
 * @minItems 1
 * @maxItems 200
 */
leads: string[]
owner_id?: string
queue?: string
team?: string
reason?: string
handoff?: ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: AssignedLeads
}
"GET /v1/definitions": {
query: {
kind?: (string | string[])
status?: (("shipped" | "proposed" | "refused" | "scheduled" | "in-force" | "superseded") | ("shipped" | "proposed" | "refused" | "scheduled" | "in-force" | "superseded")[])
id?: string
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Definitions
}
"POST /v1/definitions": {
query: {
after?: string
}
body: {
/**
 * One of stage-map, responses, channel-map, attribution-model, icp, qualification, fiscal-calendar, fundamentals, glossary, notice-rules, persona, quarter-plan, recycling, routing, score-model, sla, calendar, buying-group, sourced
 */
kind: string
/**
 * As its JSON Schema says; without a version the next one, without an id that of its kind
 */
document: {
[k: string]: unknown
}
title?: string
/**
 * What changes and why
 */
note?: string
/**
 * In force from; default: from the last approval
 */
effective_at?: string
/**
 * The version it was made from: refused when another is in force since
 */
based_on?: number
/**
 * The same for every attempt: a proposal sent twice counts once
 */
event_id?: string
}
answer: Written
}
"GET /v1/definitions/schemas": {
query: {

}
body: unknown
answer: {
rows: {
kind: string
title: string
/**
 * Several at a time, each with an id of its own
 */
many: boolean
shipped: string[]
}[]
}
}
"GET /v1/definitions/schemas/{kind}": {
query: {

}
body: unknown
answer: {
[k: string]: unknown
}
}
"GET /v1/definitions/{id}": {
query: {
as_of?: string
after?: string
}
body: unknown
answer: Definition
}
"GET /v1/definitions/{id}/diff": {
query: {
from?: number
to?: number
as_of?: string
after?: string
}
body: unknown
answer: DefinitionDiff
}
"GET /v1/notices": {
query: {
outcome?: (("delivered" | "failed" | "given-up") | ("delivered" | "failed" | "given-up")[])
recipient?: string
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Notices
}
"POST /v1/definitions/{id}/approve": {
query: {
after?: string
}
body: ({
/**
 * Default: the one open proposal
 */
version?: number
/**
 * The approver who named the caller as a delegate
 */
on_behalf_of?: string
/**
 * The functions disagree, and a third one decides; needs a reason
 */
tie_break?: boolean
reason?: string
event_id?: string
} | null)
answer: Written
}
"POST /v1/definitions/{id}/refuse": {
query: {
after?: string
}
body: ({
/**
 * Default: the one open proposal
 */
version?: number
/**
 * The approver who named the caller as a delegate
 */
on_behalf_of?: string
/**
 * The functions disagree, and a third one decides; needs a reason
 */
tie_break?: boolean
reason?: string
event_id?: string
} | null)
answer: Written
}
"POST /v1/what-if": {
query: {

}
body: ({
kind: "attribution-model"
/**
 * The model as it would be published; nothing is written
 */
document: {
id: string
version: number
weights: ({
kind: "position"
shares: {
first?: number
lead_creation?: number
deal_creation?: number
closed_won?: number
last?: number
middle?: number
}
} | {
kind: "decay"
half_life_days: number
})
lookback_days: (number | null)
lookback_anchor?: ("creation" | "conversion")
sales_touches?: boolean
}
/**
 * Model in force that it is compared with; default: that of the same id, else linear
 */
against?: string
basis?: ("conversions" | "pipeline" | "revenue")
conversion?: string
/**
 * @maxItems 4
 */
by?: ("channel" | "campaign" | "source" | "content" | "team" | "month" | "day")[]
from?: string
to?: string
period?: string
currency?: string
deal_type?: string[]
as_of?: string
/**
 * Deals in the answer, most moved first
 */
limit?: number
} | {
kind: "icp"
/**
 * The profile as it would be published
 */
document: {
id: "icp"
version: number
fit: ConditionInput
}
/**
 * @maxItems 4
 */
by?: ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product" | "bucket")[]
from?: string
to?: string
period?: string
/**
 * Days in which what came of an MQL is looked at
 */
horizon_days?: number
as_of?: string
/**
 * Persons in each list, the earliest first
 */
limit?: number
} | {
kind: "qualification"
/**
 * The rules as they would be published
 */
document: {
id: "qualification"
version: number
hand_raiser: ConditionInput
sales_ready: ConditionInput
/**
 * @minItems 1
 * @maxItems 12
 */
entry: {
stage: string
unit?: ("lead" | "deal")
rule: ConditionInput
}[]
}
/**
 * @maxItems 4
 */
by?: ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product" | "bucket")[]
from?: string
to?: string
period?: string
/**
 * Days in which what came of an MQL is looked at
 */
horizon_days?: number
as_of?: string
/**
 * Persons in each list, the earliest first
 */
limit?: number
} | {
kind: "stage-map"
/**
 * The stages as they would be published
 */
document: {
id: "stage-map"
version: number
/**
 * @minItems 2
 */
stages: {
name: string
lead_stages: string[]
deal_stages: string[]
on: (("created" | "accepted" | "won") | null)
flags?: ("sql" | "qualified")[]
horizon_days?: number
timeout_days?: number
}[]
skipping?: ("implied" | "strict")
exits?: {
outcome: ("recycled" | "disqualified")
/**
 * @minItems 1
 */
lead_stages: string[]
}[]
pipelines?: {
[k: string]: {
[k: string]: string
}
}
from_before?: {
[k: string]: string | null
}
}
/**
 * @maxItems 4
 */
by?: ("month" | "week" | "channel" | "campaign" | "owner" | "team" | "region" | "industry" | "segment" | "tier" | "persona" | "pipeline" | "deal_type" | "product")[]
from?: string
to?: string
period?: string
as_of?: string
/**
 * Journeys in each list, the earliest first
 */
limit?: number
})
answer: WhatIf
}
"GET /v1/accounts": {
query: {
industry?: (string | string[])
country?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
tier?: (string | string[])
owner_id?: (string | string[])
team?: (string | string[])
lifecycle?: (string | string[])
partner?: (string | string[])
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Accounts
}
"GET /v1/accounts/{id}/journey": {
query: {
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: AccountJourney
}
"GET /v1/campaigns": {
query: {
state?: (("planned" | "running" | "ended" | "cancelled") | ("planned" | "running" | "ended" | "cancelled")[])
campaign?: (string | string[])
channel?: (string | string[])
team?: (string | string[])
owner_id?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
product?: (string | string[])
parent?: (string | string[])
from?: string
to?: string
period?: string
as_of?: string
after?: string
limit?: number
cursor?: string
}
body: unknown
answer: Campaigns
}
"POST /v1/campaigns": {
query: {
after?: string
}
body: {
name: string
channel?: string
campaign_type?: string
objective?: string
offer?: string
url?: ("" | string)
description?: string
/**
 * @maxItems 50
 */
talking_points?: string[]
quote?: string
follow_up_template?: string
/**
 * @maxItems 50
 */
personas?: string[]
stage?: string
owner_id?: string
parent?: string
starts_on?: (string | null)
ends_on?: (string | null)
budget_minor?: (number | null)
currency?: string
team?: string
region?: string
segment?: string
product?: string
partner?: string
/**
 * @maxItems 50
 */
content_ids?: string[]
/**
 * As touches and costs name it
 */
campaign: string
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"GET /v1/campaigns.ics": {
query: {
state?: (("planned" | "running" | "ended" | "cancelled") | ("planned" | "running" | "ended" | "cancelled")[])
campaign?: (string | string[])
channel?: (string | string[])
team?: (string | string[])
owner_id?: (string | string[])
region?: (string | string[])
segment?: (string | string[])
product?: (string | string[])
parent?: (string | string[])
from?: string
to?: string
period?: string
as_of?: string
after?: string
}
body: unknown
answer: unknown
}
"PATCH /v1/campaigns/{id}": {
query: {
after?: string
}
body: {
name?: string
channel?: string
campaign_type?: string
objective?: string
offer?: string
url?: ("" | string)
description?: string
/**
 * @maxItems 50
 */
talking_points?: string[]
quote?: string
follow_up_template?: string
/**
 * @maxItems 50
 */
personas?: string[]
stage?: string
owner_id?: string
parent?: string
starts_on?: (string | null)
ends_on?: (string | null)
budget_minor?: (number | null)
currency?: string
team?: string
region?: string
segment?: string
product?: string
partner?: string
/**
 * @maxItems 50
 */
content_ids?: string[]
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"POST /v1/campaigns/{id}/cancel": {
query: {
after?: string
}
body: {
reason?: string
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"POST /v1/campaigns/{id}/aliases": {
query: {
after?: string
}
body: {
/**
 * utm, google-ads, salesforce …; * for any
 */
system: string
alias: string
remove?: boolean
/**
 * The same for every attempt: said twice it counts once
 */
event_id?: string
}
answer: Written
}
"POST /v1/campaigns/{id}/audience": {
query: {
after?: string
}
body: {
/**
 * @minItems 1
 * @maxItems 20000
 */
rows: {
person?: string
account?: string
domain?: string
email?: string
}[]
/**
 * What the list is called
 */
list?: string
/**
 * Only says whom it matches
 */
preview?: boolean
/**
 * Takes them off the campaign
 */
remove?: boolean
event_id?: string
}
answer: MatchedAudience
}
"GET /v1/content": {
query: {
q?: string
state?: (("current" | "unapproved" | "expired" | "retired") | ("current" | "unapproved" | "expired" | "retired")[])
kind?: (string | string[])
stage?: (string | string[])
persona?: (string | string[])
product?: (string | string[])
owner_id?: (string | string[])
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Library
}
"GET /v1/content/use": {
query: {
content?: (string | string[])
stage?: (string | string[])
from?: string
to?: string
period?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/commitments": {
query: {
status?: (("open" | "kept" | "missed" | "dropped") | ("open" | "kept" | "missed" | "dropped")[])
owner_id?: (string | string[])
function?: (string | string[])
counterpart_id?: (string | string[])
meeting_id?: (string | string[])
review_id?: (string | string[])
metric?: (string | string[])
from?: string
to?: string
period?: string
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Commitments
}
"GET /v1/views": {
query: {
page?: (string | string[])
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Views
}
"POST /v1/views": {
query: {
after?: string
}
body: {
/**
 * Of a view that is changed; default: a new one
 */
view_id?: string
name: string
page: string
query?: string
/**
 * Everybody of the tenant sees it
 */
shared?: boolean
}
answer: Written
}
"DELETE /v1/views/{id}": {
query: {
after?: string
}
body: unknown
answer: Written
}
"GET /v1/meetings": {
query: {
kind?: (string | string[])
period?: (string | string[])
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Meetings
}
"GET /v1/members": {
query: {
active?: ("true" | "false")
function?: (string | string[])
role?: (string | string[])
team?: (string | string[])
manager_id?: (string | string[])
region?: (string | string[])
calendar?: (string | string[])
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: Members
}
"GET /v1/sales/effort": {
query: {
member?: (string | string[])
team?: (string | string[])
role?: (string | string[])
manager_id?: (string | string[])
region?: (string | string[])
from?: string
to?: string
period?: string
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: SalesEfforts
}
"GET /v1/qbr/{quarter}": {
query: {
fresh?: ("true" | "false")
as_of?: string
after?: string
}
body: unknown
answer: Review
}
"GET /v1/qbr/{quarter}/document": {
query: {
fresh?: ("true" | "false")
as_of?: string
after?: string
}
body: unknown
answer: string
}
"GET /v1/qbr/{quarter}/slides": {
query: {
fresh?: ("true" | "false")
as_of?: string
after?: string
}
body: unknown
answer: unknown
}
"GET /v1/qbr/{quarter}/changes": {
query: {
as_of?: string
after?: string
}
body: unknown
answer: ReviewChanges
}
"POST /v1/qbr/{quarter}/notes": {
query: {
after?: string
}
body: {
place: ("commitments" | "headline" | "channels" | "health" | "economics" | "learnings" | "outlook" | "asks")
kind: ("takeaway" | "comment" | "ask")
/**
 * Empty: as computed
 */
text: string
}
answer: Written
}
"POST /v1/qbr/{quarter}/sign-off": {
query: {
after?: string
}
body: {
/**
 * Knowledge time of the pack; default: of the version that is proposed, else now
 */
as_of?: string
/**
 * What the signer has seen: refused where the bytes are others
 */
sha256?: string
/**
 * The approver whose delegate signs
 */
on_behalf_of?: string
}
answer: Written
}
"GET /v1/sla/clocks": {
query: {
state?: (("running" | "met" | "breached" | "void" | "excused") | ("running" | "met" | "breached" | "void" | "excused")[])
open?: ("true" | "false")
handoff?: (("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing") | ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")[])
step?: (("decide" | "first-touch" | "cadence" | "disposition" | "delivery" | "information" | "nurture") | ("decide" | "first-touch" | "cadence" | "disposition" | "delivery" | "information" | "nurture")[])
side?: (("sales" | "marketing") | ("sales" | "marketing")[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
bucket?: (string | string[])
source?: (string | string[])
person?: (string | string[])
account?: (string | string[])
from?: string
to?: string
period?: string
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: SlaClocks
}
"GET /v1/sla/attainment": {
query: {
metric?: (("M25" | "M26" | "M27" | "M30" | "M39" | "M40" | "M41" | "M42" | "M43" | "M44" | "M45" | "M46" | "M47" | "M48" | "M49" | "M50" | "M51" | "M52") | ("M25" | "M26" | "M27" | "M30" | "M39" | "M40" | "M41" | "M42" | "M43" | "M44" | "M45" | "M46" | "M47" | "M48" | "M49" | "M50" | "M51" | "M52")[])
by?: (("handoff" | "step" | "side" | "owner" | "team" | "region" | "bucket" | "source" | "month") | ("handoff" | "step" | "side" | "owner" | "team" | "region" | "bucket" | "source" | "month")[])
handoff?: (("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing") | ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")[])
step?: (("decide" | "first-touch" | "cadence" | "disposition" | "delivery" | "information" | "nurture") | ("decide" | "first-touch" | "cadence" | "disposition" | "delivery" | "information" | "nurture")[])
side?: (("sales" | "marketing") | ("sales" | "marketing")[])
owner?: (string | string[])
team?: (string | string[])
region?: (string | string[])
bucket?: (string | string[])
source?: (string | string[])
month?: (string | string[])
from?: string
to?: string
period?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/sla/audit/{month}": {
query: {
fresh?: ("true" | "false")
as_of?: string
after?: string
}
body: unknown
answer: SlaAuditAnswer
}
"GET /v1/sla/audit/{month}/document": {
query: {
fresh?: ("true" | "false")
as_of?: string
after?: string
}
body: unknown
answer: string
}
"GET /v1/sla/audit/{month}/changes": {
query: {
as_of?: string
after?: string
}
body: unknown
answer: SlaAuditChanges
}
"POST /v1/sla/audit/{month}/sign-off": {
query: {
after?: string
}
body: {
/**
 * Knowledge time of the audit; default: of the version that is proposed, else now
 */
as_of?: string
/**
 * What the signer has seen: refused where the bytes are others
 */
sha256?: string
/**
 * The approver whose delegate signs
 */
on_behalf_of?: string
}
answer: Written
}
"POST /v1/sla/clocks/{id}/excuse": {
query: {
after?: string
}
body: {
decision: ("proposed" | "granted" | "refused")
/**
 * Why, so that the other function can judge it
 */
reason: string
}
answer: Written
}
"GET /v1/sla/excuses": {
query: {
state?: (("waiting" | "granted" | "refused") | ("waiting" | "granted" | "refused")[])
limit?: number
cursor?: string
as_of?: string
after?: string
}
body: unknown
answer: SlaExcuses
}
"GET /v1/alignment": {
query: {
past?: number
moved_by?: ("region" | "team" | "owner")
from?: string
to?: string
period?: string
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/explain/{token}": {
query: {
limit?: number
cursor?: string
}
body: unknown
answer: Explained
}
"GET /v1/session": {
query: {
as_of?: string
after?: string
}
body: unknown
answer: Session
}
"GET /v1/data-health": {
query: {
check?: (("deals_with_contacts" | "touches_with_account" | "touches_with_planned_campaign" | "events_on_time" | "touches_logged_on_time" | "amounts_with_rate" | "campaigns_with_spend" | "attributes_known" | "source_silence") | ("deals_with_contacts" | "touches_with_account" | "touches_with_planned_campaign" | "events_on_time" | "touches_logged_on_time" | "amounts_with_rate" | "campaigns_with_spend" | "attributes_known" | "source_silence")[])
from?: string
to?: string
period?: string
currency?: string
as_of?: string
after?: string
format?: ("json" | "csv" | "parquet" | "arrow")
}
body: unknown
answer: Answer
}
"GET /v1/dead-letters": {
query: {
reason_code?: (string | string[])
type?: (string | string[])
topic?: (string | string[])
state?: ("waiting" | "redriven" | "all")
limit?: number
cursor?: string
}
body: unknown
answer: DeadLetters
}
"GET /v1/dead-letters/{id}": {
query: {

}
body: unknown
answer: {
/**
 * Topic, partition and offset of the record
 */
id: string
reason_code: string
reason: string
/**
 * Field that is wrong; empty where it is the record as a whole
 */
path: string
/**
 * Event type; empty where nobody can tell
 */
type: string
event_id: string
schema_id: (number | null)
topic: string
partition: number
offset: string
/**
 * When the log took the record
 */
appended_at: string
/**
 * When it became a letter
 */
written_at: string
redriven_at: (string | null)
key: (string | null)
payload_base64: string
}
}
"POST /v1/dead-letters/redrive": {
query: {

}
body: {
/**
 * @maxItems 10000
 */
ids?: string[]
/**
 * Every waiting letter with this reason
 */
reason_code?: string
/**
 * Every waiting letter
 */
all?: boolean
}
answer: Redriven
}
"GET /v1/keys": {
query: {
state?: (("active" | "expired" | "revoked") | ("active" | "expired" | "revoked")[])
member?: (string | string[])
}
body: unknown
answer: Keys
}
"POST /v1/keys": {
query: {

}
body: {
/**
 * Becomes the source of what the key sends
 */
name: string
/**
 * A key that fills history in is made on the command line (accord keys create), because it stops projecting
 * 
 * @minItems 1
 */
scopes: ("ingest" | "read" | "admin")[]
member?: string
/**
 * The first day on which it opens nothing any more, UTC
 */
expires_on?: string
}
answer: CreatedKey
}
"POST /v1/keys/{id}/revoke": {
query: {

}
body: {
reason?: string
}
answer: Key
}
"GET /v1/live": {
query: {

}
body: unknown
answer: unknown
}
"GET /v1/freshness": {
query: {

}
body: unknown
answer: Freshness
}
"GET /v1/health/live": {
query: {

}
body: unknown
answer: {
live: true
}
}
"GET /v1/health/ready": {
query: {

}
body: unknown
answer: Ready
}
}
/**
 * A figure with what it rests on
 */
export interface Answer {
rows: FigureRow[]
total: FigureRow[]
/**
 * What is left out, by reason
 */
excluded: {
[k: string]: number
}
/**
 * Definition that the figure was computed under, id@version
 */
definition: string
/**
 * Attribution model, id@version
 */
model?: string
fit?: Fit
/**
 * not_final: as_of is later than the watermark; reconstructed: before the tenant went live
 */
flags: string[]
as_of: string
/**
 * What was recorded until then is in the answer
 */
watermark: string
}
/**
 * One row per combination of dimensions and metric
 */
export interface FigureRow {
/**
 * Number of the metric in the metric dictionary: M54 …
 */
metric: string
/**
 * Money in minor units, ratios 0..1; null where there is nothing to divide by
 */
value: (number | null)
/**
 * count, ratio, or <currency> minor
 */
unit: string
numerator?: number
denominator?: number
/**
 * Wilson, 95 %
 */
interval?: ([number, number] | null)
flags: string[]
/**
 * Token for GET /v1/explain/{token}
 */
explain?: string
[k: string]: unknown
}
/**
 * What a data-driven attribution model learned from the journeys
 */
export interface Fit {
/**
 * Touches in a state
 */
order: number
states: number
paths: {
distinct: number
conversions: number
/**
 * Journeys without the conversion by as_of
 */
nulls: number
}
/**
 * Of the journeys without the conversion those that may still convert
 */
open_null_share: (number | null)
p_convert: number
/**
 * In minor units; null where paths have no value
 */
value_per_path: (number | null)
/**
 * Orders of arrival that were sampled; null where every coalition was counted
 */
sampled: ({
orders: number
seed: number
} | null)
/**
 * The state map: a state is the last `order` touches, each of them one of these channels
 */
channels: {
channel: string
/**
 * Part of P(convert) that is lost without the channel
 */
removal_effect: (number | null)
/**
 * The same of the value of a path
 */
removal_effect_value: (number | null)
/**
 * Of the conversions with a touch
 */
share: number
/**
 * Of share, where it was sampled
 */
standard_error: (number | null)
}[]
}
/**
 * A list as it was known at an instant
 */
export interface PipelineDeals {
rows: PipelineDeal[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
export interface PipelineDeal {
deal_id: string
account: string
owner: string
team: string
region: string
segment: string
pipeline: string
product: string
deal_type: string
status: ("open" | "won" | "lost")
stage: string
category: string
/**
 * Minor units of currency; null: not known, or no rate
 */
amount: (number | null)
currency: string
close_date: (string | null)
created_at: string
age_days: number
/**
 * In the stage it is in
 */
stage_days: number
/**
 * M89: later close dates so far
 */
pushes: number
/**
 * M90
 */
stale: boolean
/**
 * Last response of the account, or act of a human of sales
 */
touched_at: (string | null)
moved_at: string
/**
 * In order: what changed, from what to what; amounts in minor units of the currency said
 */
moves: {
at: string
known_at: string
event_id: string
kind: ("created" | "stage" | "amount" | "close_date" | "category" | "owner" | "closed" | "reopened")
from: (string | number | null)
to: (string | number | null)
currency: string
}[]
flags: string[]
}
/**
 * The differences from the rows that were posted
 */
export interface ReconciledOnce {
rows: FigureRow[]
total: FigureRow[]
/**
 * What is left out, by reason
 */
excluded: {
[k: string]: number
}
/**
 * Definition that the figure was computed under, id@version
 */
definition: string
/**
 * Attribution model, id@version
 */
model?: string
fit?: Fit
/**
 * not_final: as_of is later than the watermark; reconstructed: before the tenant went live
 */
flags: string[]
as_of: string
/**
 * What was recorded until then is in the answer
 */
watermark: string
/**
 * Id under which the rows are kept; null where they are not
 */
snapshot: (string | null)
/**
 * For after=<position> on a read
 */
position: (string | null)
}
/**
 * The differences from a kept snapshot of a CRM
 */
export interface Reconciled {
rows: FigureRow[]
total: FigureRow[]
/**
 * What is left out, by reason
 */
excluded: {
[k: string]: number
}
/**
 * Definition that the figure was computed under, id@version
 */
definition: string
/**
 * Attribution model, id@version
 */
model?: string
fit?: Fit
/**
 * not_final: as_of is later than the watermark; reconstructed: before the tenant went live
 */
flags: string[]
as_of: string
/**
 * What was recorded until then is in the answer
 */
watermark: string
snapshot: CrmSnapshot
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
}
/**
 * The deals of a CRM as they were at one instant
 */
export interface CrmSnapshot {
id: string
/**
 * CRM that said so; empty where nobody named it
 */
system: string
/**
 * When the CRM said so
 */
taken_at: string
/**
 * When it came here
 */
kept_at: string
deals: number
}
/**
 * A list as it was known at an instant
 */
export interface CrmSnapshots {
rows: CrmSnapshot[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * The log has it
 */
export interface Written {
/**
 * For after=<position> on a read: waits until it shows
 */
position: string
/**
 * Ids of what was written, in order
 */
event_ids: string[]
/**
 * Of a document: id@version
 */
name?: string
}
/**
 * What a score model was learned from and how good it is
 */
export interface ScoreModelCard {
model: string
/**
 * proposed, scheduled, in-force, superseded or refused
 */
status: string
in_force_from: (string | null)
of: string
outcome: string
horizon_days: number
algorithm: string
features: {
name: string
kind: string
}[]
learned_from: {
from: string
to: string
as_of: string
entries: number
reached: number
}
quality: {
entries: number
auc_ppm: (number | null)
brier_ppm: (number | null)
}
/**
 * How both algorithms, and the buckets, did on later units; drift (PSI) of the scores, and of each feature, to them
 */
card: ({
include_sales: boolean
drift: (number | null)
feature_drift: {
feature: string
psi: number
}[]
judged_from: string
judged_to: string
logistic: {
n: number
reached: number
auc: (number | null)
logLoss: (number | null)
brier: (number | null)
calibrationError: (number | null)
reliability: {
n: number
said: number
came: number
}[]
[k: string]: unknown
}
boosting: {
n: number
reached: number
auc: (number | null)
logLoss: (number | null)
brier: (number | null)
calibrationError: (number | null)
reliability: {
n: number
said: number
came: number
}[]
[k: string]: unknown
}
compared_with: ("buckets" | "stages")
comparison: {
n: number
reached: number
auc: (number | null)
logLoss: (number | null)
brier: (number | null)
calibrationError: (number | null)
reliability: {
n: number
said: number
came: number
}[]
[k: string]: unknown
}
better: boolean
} | null)
}
/**
 * A chance and what moved it
 */
export interface Score {
/**
 * id@version of the model in force at as_of
 */
model: string
outcome: string
horizon_days: number
/**
 * Chance of the outcome within the horizon
 */
probability: number
/**
 * Strongest first
 */
reasons: {
feature: string
/**
 * As it was known; null: not known
 */
value: (string | number | null)
/**
 * Log odds that it added or took, against the average of what was learned from
 */
effect: number
}[]
}
/**
 * A list as it was known at an instant
 */
export interface Leads {
rows: Lead[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * One lead
 */
export interface Lead {
person: string
/**
 * Which qualification cycle of the person, from 1
 */
journey: number
account: string
company: string
/**
 * fit/readiness now, or as the journey ended
 */
bucket: string
fit: ("good" | "bad" | "unknown")
readiness: string
/**
 * When the rule in force was first satisfied (M23b)
 */
computed_mql_at: (string | null)
/**
 * When it was declared an MQL (M23a)
 */
mql_at: (string | null)
stage: string
stage_since: (string | null)
outcome: string
opened_at: string
ended_at: (string | null)
owner: string
channel: string
campaign: string
deal_id: string
/**
 * What fit and readiness are judged from
 */
inputs: {
title: string
seniority: string
persona: string
country: string
industry: string
employees: (number | null)
segment: string
region: string
/**
 * Points that a source gave last
 */
score: (number | null)
inbound_touches: number
outbound_touches: number
}
/**
 * The last ones, newest first
 */
touches: {
touch: string
at: string
type: string
channel: string
direction: string
outcome: string
member: string
}[]
clocks: {
id: string
step: ("decide" | "first-touch" | "cadence" | "disposition" | "delivery" | "information" | "nurture")
handoff: string
state: ("running" | "breached")
due_at: string
}[]
}
/**
 * What became of each lead, in the order in which they were named
 */
export interface AssignedLeads {
/**
 * For after=<position> on a read; null where nothing was written
 */
position: (string | null)
assigned: number
rows: {
person: string
/**
 * already: it is the owner’s; not_open: its last journey has ended; unknown: there is no such lead
 */
outcome: ("assigned" | "already" | "not_open" | "unknown")
previous_owner_id: string
event_id: (string | null)
}[]
}
/**
 * A list as it was known at an instant
 */
export interface Definitions {
rows: DefinitionVersion[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * One version of a document that both functions agree on
 */
export interface DefinitionVersion {
id: string
version: number
name: string
kind: string
title: string
status: ("shipped" | "proposed" | "refused" | "scheduled" | "in-force" | "superseded")
note: string
document: {
[k: string]: unknown
}
based_on: (number | null)
proposed_at: (string | null)
proposed_by: string
proposed_function: string
/**
 * In force from, as proposed; null: from the last approval
 */
effective_at: (string | null)
/**
 * When the last approval came
 */
decided_at: (string | null)
in_force_from: (string | null)
/**
 * Exclusive; null: until something else is agreed
 */
in_force_to: (string | null)
/**
 * Both functions approved it; false of the shipped one and of a tie-break
 */
agreed_by_both: boolean
/**
 * Functions whose approval it waits for
 */
missing: string[]
statements: DefinitionStatement[]
event_id: (string | null)
}
/**
 * An approval or a refusal
 */
export interface DefinitionStatement {
at: string
decision: ("approved" | "refused")
function: string
/**
 * Who acted
 */
member: string
on_behalf_of: string
tie_break: boolean
reason: string
/**
 * Why it does not count: own-proposal, same-member, not-asked, already-decided, no-reason, not-neutral, no-tie; null: it counts
 */
disregarded: (string | null)
event_id: string
}
/**
 * A document with all its versions, the newest first
 */
export interface Definition {
id: string
kind: string
title: string
in_force: (string | null)
versions: DefinitionVersion[]
flags: string[]
as_of: string
watermark: string
}
/**
 * What changes from one version to another, in words
 */
export interface DefinitionDiff {
id: string
from: number
to: number
/**
 * Each change as a sentence
 */
words: string[]
changes: {
path: string
words: string
before: unknown
after: unknown
}[]
as_of: string
watermark: string
}
/**
 * A list as it was known at an instant
 */
export interface Notices {
rows: NoticeAttempt[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * One attempt to hand over a notice
 */
export interface NoticeAttempt {
notice_id: string
cause_id: string
rule: string
channel: ("webhook" | "slack" | "smtp")
/**
 * Member, team or webhook by id; never an address
 */
recipient: string
attempt: number
outcome: ("delivered" | "failed" | "given-up")
error: string
at: string
}
/**
 * A figure under what is in force and under what is proposed
 */
export interface WhatIf {
rows: FigureRow[]
total: FigureRow[]
/**
 * What is left out, by reason
 */
excluded: {
[k: string]: number
}
/**
 * Definition that the figure was computed under, id@version
 */
definition: string
/**
 * Attribution model, id@version
 */
model?: string
fit?: Fit
/**
 * not_final: as_of is later than the watermark; reconstructed: before the tenant went live
 */
flags: string[]
as_of: string
/**
 * What was recorded until then is in the answer
 */
watermark: string
deals?: MovedDeal[]
leads?: MovedLeads
journeys?: MovedJourneys
}
/**
 * A deal whose credit would move, and why
 */
export interface MovedDeal {
deal: string
/**
 * Part of the deal that goes to other touches, 0..1
 */
moved: number
touches: {
touch: string
before: number
after: number
reason: ("eligible_now" | "not_eligible_now" | "weight")
}[]
}
/**
 * Who would be an MQL and is not, and the other way round
 */
export interface MovedLeads {
entering: {
person: string
journey: string
/**
 * When the rule would be, or was, first satisfied
 */
at: string
why: ("fit gained" | "fit lost" | "readiness" | "entry rule")
bucket_before: string
bucket_after: string
/**
 * Stages that the journey entered as observed; nothing is imputed
 */
reached: string[]
}[]
entering_count: number
leaving: {
person: string
journey: string
/**
 * When the rule would be, or was, first satisfied
 */
at: string
why: ("fit gained" | "fit lost" | "readiness" | "entry rule")
bucket_before: string
bucket_after: string
/**
 * Stages that the journey entered as observed; nothing is imputed
 */
reached: string[]
}[]
leaving_count: number
/**
 * MQLs under both, at another instant
 */
moved_count: number
}
/**
 * A list as it was known at an instant
 */
export interface Accounts {
rows: Account[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * An account with how far both teams have come with it
 */
export interface Account {
account: string
name: string
industry: string
country: string
region: string
segment: string
tier: string
owner_id: string
team: string
lifecycle: string
partner: string
external_url: string
employees: (number | null)
open_deals: number
won_deals: number
/**
 * Persons linked to its open deals
 */
contacts: number
/**
 * Buying roles that its open deals cover
 */
roles: string[]
/**
 * By team: how many, automatic ones left out, and when the last
 */
touches: {
[k: string]: {
touches: number
last_touch: string
}
}
}
/**
 * Timeline of one account
 */
export interface AccountJourney {
account: string
/**
 * Up to 200, whoever did most first
 */
people: AccountPart[]
rows: Happening[]
total: {
kind: string
metric: "happenings"
value: number
unit: "count"
}[]
cursor: (string | null)
excluded: {
[k: string]: number
}
definition: string
flags: string[]
as_of: string
watermark: string
}
/**
 * Who has a part in an account, and what each team did with them
 */
export interface AccountPart {
person: string
title: string
persona: string
/**
 * Buying role on a deal of the account, as last said
 */
role: string
/**
 * Touches by marketing and others who do not sell
 */
marketing: number
/**
 * Touches by sales, SDRs, success and support
 */
sales: number
first_at: string
last_at: string
}
/**
 * One thing that happened with an account
 */
export interface Happening {
at: string
kind: ("touch" | "deal-created" | "deal-stage" | "deal-closed")
event_id: string
deal_id?: string
stage?: string
/**
 * Whose touch: a person, an anonymous visitor, or the account
 */
subject?: string
persons?: string[]
touch_type?: string
channel?: string
campaign?: string
direction?: string
outcome?: string
team?: string
automatic?: boolean
}
/**
 * A list as it was known at an instant
 */
export interface Campaigns {
rows: Campaign[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * What is known about a campaign
 */
export interface Campaign {
campaign: string
/**
 * On the day of as_of in the tenant’s zone; without dates it is planned
 */
state: ("planned" | "running" | "ended" | "cancelled")
name: string
channel: string
campaign_type: string
objective: string
offer: string
url: string
description: string
talking_points: string[]
quote: string
follow_up_template: string
personas: string[]
stage: string
owner_id: string
parent: string
starts_on: (string | null)
/**
 * Last day; null: without end
 */
ends_on: (string | null)
budget_minor: (number | null)
currency: string
team: string
region: string
segment: string
product: string
partner: string
content_ids: string[]
external_url: string
aliases: {
system: string
alias: string
}[]
/**
 * People and accounts on its lists
 */
audience: number
cancelled_because: (string | null)
}
/**
 * Whom a list matches
 */
export interface MatchedAudience {
list: string
rows: number
persons: number
accounts: number
/**
 * On the campaign before
 */
already: number
/**
 * Rows that match what an earlier one matched
 */
duplicates: number
unmatched: {
row: number
by: ("person" | "account" | "domain" | "email" | "nothing")
reason: string
}[]
matches: {
row: number
subject: string
account: string
already: boolean
}[]
}
/**
 * A list as it was known at an instant
 */
export interface Library {
rows: Content[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * A piece of the library
 */
export interface Content {
content_id: string
/**
 * The latest
 */
version: number
/**
 * Of the latest version on the day of as_of
 */
state: ("current" | "unapproved" | "expired" | "retired")
title: string
kind: string
stage: string
personas: string[]
owner_id: string
authors: string[]
approved_by: string
expires_on: (string | null)
url: string
language: string
description: string
message: string
product: string
campaign: string
tags: string[]
retired_because: (string | null)
replaced_by: (string | null)
/**
 * Touches that used it, any version
 */
touches: number
/**
 * Who used it
 */
persons: number
last_used: (string | null)
}
/**
 * A list as it was known at an instant
 */
export interface Commitments {
rows: Commitment[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * Who promised what to whom, and what became of it
 */
export interface Commitment {
commitment_id: string
title: string
description: string
owner_id: string
function: string
counterpart_id: string
/**
 * Day in the tenant’s zone
 */
made_on: string
due_on: (string | null)
meeting_id: string
review_id: string
metric: string
target_minor: (number | null)
currency: string
target_count: (number | null)
target_ppm: (number | null)
status: ("open" | "kept" | "missed" | "dropped")
/**
 * Open after its last day, on the day of as_of
 */
overdue: boolean
reason: string
/**
 * When it was last said to be kept, missed or dropped
 */
decided_at: (string | null)
}
/**
 * A list as it was known at an instant
 */
export interface Views {
rows: View[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * A page in a state that somebody gave a name
 */
export interface View {
view_id: string
name: string
page: string
query: string
shared: boolean
/**
 * Who saved it; empty: a key without a member
 */
member_id: string
/**
 * The caller may change it and take it away
 */
mine: boolean
saved_at: string
}
/**
 * A list as it was known at an instant
 */
export interface Meetings {
rows: Meeting[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * Both teams met; what changed since is counted from it
 */
export interface Meeting {
meeting_id: string
kind: string
period: string
title: string
attendees: string[]
decisions: string[]
note: string
held_at: string
}
/**
 * A list as it was known at an instant
 */
export interface Members {
rows: Member[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * Who works here, as of a day
 */
export interface Member {
member_id: string
function: string
role: string
team: string
manager_id: string
zone: string
calendar: string
region: string
/**
 * Leads that the member can work on at a time
 */
capacity_leads: (number | null)
/**
 * Working minutes a week for leads and deals
 */
capacity_minutes: (number | null)
approver: boolean
delegates: string[]
/**
 * Event types that the member may send beyond those of the role
 */
permissions: string[]
/**
 * The member as a person, where touches name them
 */
person_id: string
attributes: {
[k: string]: string
}
active: boolean
/**
 * When first heard of
 */
since: string
}
/**
 * A list as it was known at an instant
 */
export interface SalesEfforts {
rows: SalesEffort[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * What one member of sales did in a period
 */
export interface SalesEffort {
member: string
team: string
role: string
manager_id: string
region: string
/**
 * Touches that went out, not automatic, meetings apart
 */
attempts: number
/**
 * Calls that were answered
 */
connected: number
replies: number
/**
 * Booked for the period, whatever became of them
 */
meetings: number
held: number
no_shows: number
}
/**
 * The quarterly review
 */
export interface Review {
/**
 * open: computed; proposed: one function has signed these bytes; signed: both have
 */
state: ("open" | "proposed" | "signed")
/**
 * Of the canonical bytes, which GET …/document gives
 */
sha256: string
signatures: {
function: string
member: string
on_behalf_of: string
signed_at: string
}[]
pack: ReviewPack
flags: string[]
as_of: string
watermark: string
}
/**
 * The pack of a quarterly review
 */
export interface ReviewPack {
review_id: string
quarter: string
from: string
to: string
as_of: string
currency: string
/**
 * id → version of every definition and model that a figure names
 */
definitions: {
[k: string]: string
}
sections: {
part: string
title: string
/**
 * One sentence that the figures say
 */
computed: string
/**
 * What a member wrote in its place
 */
takeaway: ({
text: string
member: string
} | null)
comments: {
text: string
member: string
}[]
figures: {
figure: string
title: string
/**
 * The API call that it is the answer of, without as_of
 */
question: string
answer: ({
rows: FigureRow[]
total: FigureRow[]
excluded: {
[k: string]: number
}
definition?: string
model?: string
flags: string[]
} | null)
/**
 * Why there is no answer: too little history, nothing planned …
 */
refusal: ({
status: number
title: string
detail: string
} | null)
}[]
}[]
/**
 * Promised in the review before, or due in the quarter
 */
commitments: Commitment[]
/**
 * What the functions ask of each other and of the company
 */
asks: {
text: string
member: string
}[]
}
/**
 * What is otherwise now than when it was signed
 */
export interface ReviewChanges {
signed_as_of: string
rows: {
part: string
figure: string
metric: string
dimensions: {
[k: string]: string | number
}
unit: string
signed: (number | null)
now: (number | null)
}[]
flags: string[]
as_of: string
watermark: string
}
/**
 * A list as it was known at an instant
 */
export interface SlaClocks {
rows: LiveSlaClock[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * One obligation with the steps of its escalation
 */
export interface LiveSlaClock {
id: string
side: ("sales" | "marketing")
handoff: ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")
step: ("decide" | "first-touch" | "cadence" | "disposition" | "delivery" | "information" | "nurture")
state: ("running" | "met" | "breached" | "void" | "excused")
/**
 * There is still something to do: running, or breached and not made good
 */
open: boolean
person: string
account: string
deal_id: string
lead: string
/**
 * Of a running clock who has the lead now; else who had it when it was decided
 */
owner: string
team: string
region: string
bucket: string
source: string
start_at: string
due_at: string
met_at: (string | null)
/**
 * Business time until due; null unless running
 */
remaining_seconds: (number | null)
/**
 * Since due, calendar time: until it was made good, or so far; null unless breached or excused
 */
overdue_seconds: (number | null)
reassigned: number
/**
 * What ended it
 */
because: string
policy: string
calendar: string
zone: string
started_by: string
met_by: string
/**
 * Steps from the due instant on, in business time of the calendar by which it fell due; empty where there is nothing left to do
 */
escalations: {
level: number
to: ("owner" | "manager" | "function")
at: string
}[]
}
/**
 * The audit of a month: as signed, once it is
 */
export interface SlaAuditAnswer {
/**
 * open: computed; proposed: one function has signed these bytes; signed: both have
 */
state: ("open" | "proposed" | "signed")
/**
 * Of the canonical bytes, which GET …/document gives
 */
sha256: string
signatures: {
function: string
member: string
on_behalf_of: string
signed_at: string
}[]
audit: SlaAudit
flags: string[]
as_of: string
watermark: string
}
/**
 * The two-sided audit of a month: no figure in it changes once it is signed
 */
export interface SlaAudit {
audit_id: string
month: string
zone: string
as_of: string
/**
 * Digest of the agreed audit before it; empty: the first
 */
previous_sha256: string
definitions: string[]
summary: {
/**
 * First entries of the month by stage (M1): leads, MQLs and on
 */
stages: FigureRow[]
/**
 * M23a declared, M23b computed, M24 conformance
 */
mqls: FigureRow[]
commitment: {
/**
 * What marketing owes this month; null: nothing was agreed
 */
mqls: (number | null)
/**
 * sla, quarter-plan or targets
 */
from: string
declared: number
conformant: (number | null)
/**
 * M51: conformant MQLs, or declared ones where no rule judges them, over what is owed
 */
attainment: (number | null)
}
/**
 * M6 of the latest month whose cohort has had its whole horizon by the end of this one, beside what the quarter’s plan expects
 */
conversion: FigureRow[]
}
/**
 * Every metric of service levels by hand-off and step
 */
attainment: FigureRow[]
by_owner: FigureRow[]
by_team: FigureRow[]
by_region: FigureRow[]
by_bucket: FigureRow[]
excluded: {
[k: string]: number
}
/**
 * Of the month, by due instant; the first 500 where there are more clocks than one record can carry
 */
breaches: SlaClock[]
/**
 * Every clock that was due in the month
 */
clocks: {
count: number
sha256: string
rows: ([string, string, string, string, string | null, string][] | null)
}
}
/**
 * One obligation to one lead, as it stood at as_of
 */
export interface SlaClock {
id: string
side: ("sales" | "marketing")
handoff: ("marketing-sdr" | "sdr-ae" | "ae-success" | "sales-marketing")
step: ("decide" | "first-touch" | "cadence" | "disposition" | "delivery" | "information" | "nurture")
state: ("running" | "met" | "breached" | "void" | "excused")
/**
 * There is still something to do: running, or breached and not made good
 */
open: boolean
person: string
account: string
deal_id: string
lead: string
/**
 * Of a running clock who has the lead now; else who had it when it was decided
 */
owner: string
team: string
region: string
bucket: string
source: string
start_at: string
due_at: string
met_at: (string | null)
/**
 * Business time until due; null unless running
 */
remaining_seconds: (number | null)
/**
 * Since due, calendar time: until it was made good, or so far; null unless breached or excused
 */
overdue_seconds: (number | null)
reassigned: number
/**
 * What ended it
 */
because: string
policy: string
calendar: string
zone: string
started_by: string
met_by: string
}
/**
 * What is otherwise now than when it was signed
 */
export interface SlaAuditChanges {
signed_as_of: string
rows: {
section: string
what: string
signed: (string | number | null)
now: (string | number | null)
}[]
flags: string[]
as_of: string
watermark: string
}
/**
 * A list as it was known at an instant
 */
export interface SlaExcuses {
rows: SlaExcuse[]
/**
 * Rows on all pages
 */
count: number
/**
 * Of the next page; null on the last
 */
cursor: (string | null)
flags: string[]
as_of: string
watermark: string
}
/**
 * A breach that somebody asked to excuse, and what was said of it
 */
export interface SlaExcuse {
clock: SlaClock
/**
 * waiting: the other function has not decided; granted: the clock is excused
 */
state: ("waiting" | "granted" | "refused")
/**
 * In the order in which they were said
 */
statements: {
decision: ("proposed" | "granted" | "refused")
function: string
member: string
reason: string
at: string
}[]
}
/**
 * What is behind one number; its arithmetic adds up to it
 */
export interface Explained {
figure: string
row: FigureRow
items: ExplainedItem[]
/**
 * Items on all pages
 */
count: number
/**
 * Sum over all pages: value × divisor, or numerator × divisor of a ratio
 */
contributions: number
/**
 * Sum over all pages: denominator × divisor
 */
bases?: number
/**
 * Credit is counted in millionths
 */
divisor: number
cursor: (string | null)
definition: string
model?: string
as_of: string
watermark: string
}
/**
 * One counted entity with the events that make it count
 */
export interface ExplainedItem {
entity: ("deal" | "journey" | "cost" | "campaign" | "content" | "clock" | "finance" | "target" | "call" | "forecast" | "simulation" | "term" | "account" | "person" | "touch" | "event")
id: string
account: string
deal_id: string
event_ids: string[]
at: (string | null)
note: string
contribution: number
/**
 * Of a ratio: its part of the denominator
 */
base?: number
}
/**
 * Who asks, and in whose calendar and words
 */
export interface Session {
tenant: string
actor: string
/**
 * The member that the credential is bound to
 */
member: (string | null)
scopes: string[]
/**
 * The open demo: whoever sits here may act as any member
 */
may_act: boolean
zone: string
currency: string
fiscal_year_start_month: number
/**
 * The day of as_of in the tenant’s zone
 */
today: string
/**
 * Answers as of earlier instants are reconstructed
 */
live_from: (string | null)
backfill_open: boolean
periods: {
period: string
kind: ("year" | "quarter" | "month")
from: string
/**
 * Day after the last
 */
to: string
state: ("closed" | "running" | "coming")
}[]
/**
 * Attribution models in force, id@version
 */
models: string[]
/**
 * Of the funnel, in order
 */
stages: string[]
as_of: string
watermark: string
}
/**
 * Newest first
 */
export interface DeadLetters {
rows: DeadLetter[]
/**
 * Letters on all pages
 */
count: number
/**
 * Of all letters, whatever is asked for
 */
by_reason: {
reason_code: string
waiting: number
redriven: number
}[]
cursor: (string | null)
}
/**
 * A record of the log that could not be processed, and why
 */
export interface DeadLetter {
/**
 * Topic, partition and offset of the record
 */
id: string
reason_code: string
reason: string
/**
 * Field that is wrong; empty where it is the record as a whole
 */
path: string
/**
 * Event type; empty where nobody can tell
 */
type: string
event_id: string
schema_id: (number | null)
topic: string
partition: number
offset: string
/**
 * When the log took the record
 */
appended_at: string
/**
 * When it became a letter
 */
written_at: string
redriven_at: (string | null)
}
export interface Redriven {
redriven: number
/**
 * Still no events: they stay
 */
unreadable: number
/**
 * History for a backfill that is closed
 */
waiting: number
}
export interface Keys {
rows: Key[]
count: number
}
/**
 * What is known of an API key; the key itself is nowhere
 */
export interface Key {
key_id: string
name: string
scopes: string[]
/**
 * Whom the key acts for; null: a producer
 */
member: (string | null)
state: ("active" | "expired" | "revoked")
created_at: string
expires_at: (string | null)
}
export interface CreatedKey {
key_id: string
name: string
scopes: string[]
/**
 * Whom the key acts for; null: a producer
 */
member: (string | null)
state: ("active" | "expired" | "revoked")
created_at: string
expires_at: (string | null)
/**
 * Shown here and never again
 */
key: string
}
export interface Freshness {
now: string
/**
 * Figures show everything recorded until then
 */
projected_to: (string | null)
projecting_to: (string | null)
lag_seconds: (number | null)
landed: {
topic: string
partition: number
next_offset: string
appended_at: string
}[]
}
export interface Ready {
ready: boolean
found: string
}

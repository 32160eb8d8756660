import { z } from 'zod'
import { allInForceAt, statusAt } from '../../domain/definitions/history.ts'
import { type ScoreModel, scoreModelKind } from '../../domain/definitions/score-model.ts'
import { ModelParameters } from '../../domain/scoring/model.ts'
import type { AnswerContext } from '../as-of.ts'
import { Card } from './training.ts'

/** Parameters of a document as the trainer writes them; a model of another maker has others, and cannot be scored with here. */
const Parameters = z.looseObject({ model: ModelParameters, card: Card.optional() })

export type AgreedModel = {
  /** id@version */
  readonly name: string
  readonly document: ScoreModel
  readonly model: ModelParameters
  readonly card: Card | null
  readonly status: string
  /** In force from, ms; null where it is not. */
  readonly from: number | null
}

const read = new WeakMap<ScoreModel, z.infer<typeof Parameters> | null>()
const parametersOf = (document: ScoreModel): z.infer<typeof Parameters> | null => {
  const known = read.get(document)
  if (known !== undefined) return known
  const parsed = Parameters.safeParse(document.parameters)
  const found = parsed.success ? parsed.data : null
  read.set(document, found)
  return found
}

const agreed = (name: string, document: ScoreModel, status: string, from: number | null): AgreedModel[] => {
  const parameters = parametersOf(document)
  return parameters === null ? [] : [{ name, document, model: parameters.model, card: parameters.card ?? null, status, from }]
}

/** The models in force at as_of, by what is known then; of several for one outcome the one that came into force last is used. */
export const modelsInForce = ({ definitions, observedTo }: AnswerContext, of: ScoreModel['of']): readonly AgreedModel[] =>
  allInForceAt(definitions.history, scoreModelKind, observedTo)
    .filter(({ document }) => document.of === of)
    .flatMap(({ name, document, from }) => agreed(name, document, 'in-force', from))

export const modelInForce = (context: AnswerContext, of: ScoreModel['of'], outcome: ScoreModel['outcome']): AgreedModel | null =>
  modelsInForce(context, of).findLast(({ document }) => document.outcome === outcome) ?? null

/** Every version that was ever proposed, as known at as_of. */
export const modelsProposed = ({ definitions, observedTo }: AnswerContext, of: ScoreModel['of']): readonly AgreedModel[] =>
  definitions.history.versions.flatMap(version => {
    if (version.kind !== scoreModelKind.kind) return []
    const document = scoreModelKind.of(version.document)
    return document.of === of
      ? agreed(`${version.id}@${version.version}`, document, statusAt(version, observedTo), version.inForceFrom)
      : []
  })

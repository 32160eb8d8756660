import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/**
 * The same facts must give the same bytes on any machine and in any order of arrival (design D11), so SQL of figures and projections
 * uses nothing that depends on the order in which rows are met, on sampling, on the clock, or on adding floats.
 */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\b(any|anyLast|anyHeavy|first_value|last_value|any_value)(If|OrNull)?\s*\(/g, 'takes whichever row is met'],
  [/\b(topK|topKWeighted|approx_top_\w+)\w*\s*\(/g, 'approximates'],
  [/\b(quantile|quantiles|median)\w*\s*\(/g, 'approximates: arraySort(groupArray(x))[intDiv(p * n + 99, 100)]'],
  [/\b(uniq|uniqCombined|uniqCombined64|uniqHLL12|uniqTheta)(If|Array)?\s*\(/g, 'approximates: uniqExact'],
  [/\b(avg|avgWeighted|sumKahan|stddev\w*|var(Pop|Samp)\w*|corr\w*|covar\w*)(If)?\s*\(/g, 'adds floats in the order of rows'],
  [/\b(toFloat\w*|Float32|Float64|exp|log|sqrt|pow)\b/g, 'is a float: figures divide once, after the last aggregate'],
  [
    /\b(now|now64|today|yesterday|rand\w*|generate\w*UUID\w*|rowNumberInAllBlocks|runningDifference|neighbor)\s*\(/g,
    'depends on the clock, on chance or on blocks',
  ],
  [/\bUUID\b/g, 'does not sort as text'],
]
const GATHERING = /\bgroup(Array|UniqArray)\w*\s*\(/g
/** Functions for which the order of what was gathered is all the same. */
const ORDERED_BY = /^(arraySort|arrayReverseSort)$/
const SETS = /^(hasAny|hasAll|has|uniqExact|length|arrayDistinct)$/

/** SQL and code without comments. */
const withoutComments = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '$1')
    .replaceAll(/(^|\s)--.*$/gm, '$1')

/** Names of the functions around a position, the nearest first. */
const callsAround = (text: string, position: number): readonly string[] => {
  const names: string[] = []
  let depth = 0
  for (let i = position - 1; i >= 0; i--) {
    if (text[i] === ')') depth++
    else if (text[i] === '(' && depth > 0) depth--
    else if (text[i] === '(') names.push(/(\w*)\s*$/.exec(text.slice(0, i))?.[1] ?? '')
  }
  return names
}

export const lint = (source: string): readonly string[] => {
  const text = withoutComments(source)
  const findings = BANNED.flatMap(([pattern, why]) => [...text.matchAll(pattern)].map(match => `${match[0].trim()} ${why}`))
  const unordered = [...text.matchAll(GATHERING)].filter(
    match => !callsAround(text, match.index).some(name => ORDERED_BY.test(name) || SETS.test(name)),
  )
  return [...findings, ...unordered.map(match => `${match[0].trim()} outside arraySort keeps the order in which rows were met`)]
}

/** What is allowed although the rule sees it, and why. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // chains of merges are cut and sorted by length before one is taken
  'projections/roots.ts': ['groupArray( outside arraySort keeps the order in which rows were met'],
}

const files = ['figures', 'projections'].flatMap(folder =>
  readdirSync(new URL(`../../services/domain/${folder}/`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => `${folder}/${name}`),
)
/** Plain arithmetic after the last aggregate, not SQL. */
const NOT_SQL: ReadonlySet<string> = new Set(['figures/rates.ts'])

describe('SQL of figures and projections', () => {
  it.each(files.filter(file => !NOT_SQL.has(file)))('%s computes exactly', file => {
    const findings = lint(readFileSync(new URL(`../../services/domain/${file}`, import.meta.url), 'utf8'))
    expect(findings.filter(finding => !(ALLOWED[file] ?? []).includes(finding))).toEqual([])
  })

  it.each([
    ['SELECT any(x)', 'any( takes whichever row is met'],
    ['SELECT anyLastIf(x, y)', 'anyLastIf( takes whichever row is met'],
    ['SELECT uniq(x), uniqExact(y)', 'uniq( approximates: uniqExact'],
    ['SELECT avg(x)', 'avg( adds floats in the order of rows'],
    ['SELECT quantileExact(0.5)(x)', 'quantileExact( approximates: arraySort(groupArray(x))[intDiv(p * n + 99, 100)]'],
    ['SELECT sum(toFloat64(x))', 'toFloat64 is a float: figures divide once, after the last aggregate'],
    ['SELECT groupArray(x)', 'groupArray( outside arraySort keeps the order in which rows were met'],
    ['SELECT arrayMap(y -> y, groupArrayIf(x, z))', 'groupArrayIf( outside arraySort keeps the order in which rows were met'],
    ['SELECT now()', 'now( depends on the clock, on chance or on blocks'],
  ])('finds what is wrong with %s', (text, finding) => {
    expect(lint(text)).toEqual([finding])
  })

  it.each([
    'SELECT arraySort(x -> (x.1, x.2), groupArray((a, b)))',
    '-- any(x) is not used\nSELECT many(x), company(y), sum(z)',
    'SELECT argMax(x, (a, b, c)), max(x), count()',
  ])('finds nothing wrong with %s', text => {
    expect(lint(text)).toEqual([])
  })
})

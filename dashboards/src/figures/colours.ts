/** Names of the theme’s colours that charts draw with. */
export const COLOUR_NAMES = [
  'ink',
  'soft',
  'faint',
  'line',
  'surface',
  'raised',
  'accent',
  'marketing',
  'sales',
  'both',
  'c1',
  'c2',
  'c3',
  'c4',
  'c5',
  'c6',
  'good',
  'bad',
  'bar',
] as const
export type ColourName = (typeof COLOUR_NAMES)[number]

/** What a chart is drawn with: every colour as the browser resolves it, and the font. */
export type Palette = Readonly<Record<ColourName, string>> & { readonly font: string }

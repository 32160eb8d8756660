const NAMES = [
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
type Name = (typeof NAMES)[number]

/** The theme's colours as the browser resolves them where `element` stands. */
export const palette = (element: HTMLElement): Readonly<Record<Name, string>> & { readonly font: string } => {
  const probe = document.createElement('i')
  element.append(probe)
  const colours = Object.fromEntries(
    NAMES.map(name => {
      probe.style.color = `var(--${name})`
      return [name, getComputedStyle(probe).color]
    }),
  ) as Record<Name, string>
  const font = getComputedStyle(element).fontFamily
  probe.remove()
  return { ...colours, font }
}

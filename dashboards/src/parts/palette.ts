import { COLOUR_NAMES, type ColourName, type Palette } from '../figures/colours.ts'

/** The theme's colours as the browser resolves them where `element` stands. */
export const palette = (element: HTMLElement): Palette => {
  const probe = document.createElement('i')
  element.append(probe)
  const colours = Object.fromEntries(
    COLOUR_NAMES.map(name => {
      probe.style.color = `var(--${name})`
      return [name, getComputedStyle(probe).color]
    }),
  ) as Record<ColourName, string>
  const font = getComputedStyle(element).fontFamily
  probe.remove()
  return { ...colours, font }
}

import { fixedDraw } from './chance.ts'

/**
 * Names for people and companies that can be nobody's: syllables put together, and domains under `.example`, which
 * RFC 2606 keeps free for ever.
 */
const HEADS = [
  'Al',
  'Bre',
  'Cor',
  'Dal',
  'El',
  'Fen',
  'Gal',
  'Hol',
  'Ir',
  'Jas',
  'Kel',
  'Lum',
  'Mar',
  'Nor',
  'Or',
  'Pel',
  'Quin',
  'Ros',
  'Sol',
  'Tam',
  'Ul',
  'Ver',
  'Wil',
  'Xan',
  'Yor',
  'Zel',
]
const MIDDLES = ['a', 'e', 'i', 'o', 'an', 'en', 'in', 'ar', 'er', 'or', 'u', 'el']
const FIRST_TAILS = ['na', 'ro', 'mi', 'dan', 'la', 'rik', 'sa', 'ton', 'vi', 'lo', 'ra', 'nis']
const LAST_TAILS = ['berg', 'dale', 'field', 'holm', 'mark', 'nova', 'quist', 'ridge', 'stone', 'well', 'wick', 'brook']
const TRADES = [
  'Logistics',
  'Robotics',
  'Foods',
  'Energy',
  'Health',
  'Media',
  'Bank',
  'Textiles',
  'Optics',
  'Software',
  'Retail',
  'Mobility',
  'Chemicals',
  'Insurance',
  'Tools',
  'Travel',
]
const FORMS: Readonly<Record<string, readonly string[]>> = {
  emea: ['GmbH', 'AG', 'SAS', 'BV'],
  americas: ['Inc', 'LLC', 'Corp', 'Co'],
  apac: ['Pte', 'Ltd', 'Pty', 'KK'],
}

const at = (items: readonly string[], draw: number): string => items[draw % items.length] ?? ''

export type CompanyName = { readonly name: string; readonly domain: string; readonly website: string }

export const companyName = (seed: number, index: number, region: string): CompanyName => {
  const draw = fixedDraw(seed, index, 1)
  const stem = at(HEADS, draw) + at(MIDDLES, draw >>> 6) + at(LAST_TAILS, draw >>> 12)
  const trade = at(TRADES, draw >>> 18)
  const name = `${stem} ${trade} ${at(FORMS[region] ?? [], draw >>> 24)}`
  const domain = `${stem.toLowerCase()}-${trade.toLowerCase()}-${index.toString(36)}.example`
  return { name, domain, website: `https://www.${domain}` }
}

export type PersonName = { readonly firstName: string; readonly lastName: string; readonly mailbox: string }

export const personName = (seed: number, index: number): PersonName => {
  const draw = fixedDraw(seed, index, 2)
  const firstName = at(HEADS, draw) + at(MIDDLES, draw >>> 5) + at(FIRST_TAILS, draw >>> 10)
  const lastName = at(HEADS, draw >>> 15) + at(MIDDLES, draw >>> 20) + at(LAST_TAILS, draw >>> 24)
  return { firstName, lastName, mailbox: `${firstName}.${lastName}.${index.toString(36)}`.toLowerCase() }
}

/** Where people without a company address have their mail; no account owns it, so it links to none. */
export const PRIVATE_MAIL_DOMAINS = ['postbox.example', 'inbox.example'] as const

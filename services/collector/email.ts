/** Version of the rule by which an address becomes evidence; written into every link it makes (`email@1`). */
export const EMAIL_RULE = 'email@1'

/**
 * Providers where an address says nothing about an employer (design D6). Kept small on purpose: the providers that make up nearly all free
 * mail, by region. A missing one makes a "business domain" that many persons share, which the linking rule sees as ambiguous and does not link.
 */
export const FREE_MAIL_DOMAINS: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es live.com live.co.uk live.fr live.nl msn.com
   yahoo.com yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.com.br ymail.com rocketmail.com aol.com icloud.com me.com mac.com
   proton.me protonmail.com pm.me tutanota.com tuta.io fastmail.com hey.com zoho.com mail.com email.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de
   t-online.de freenet.de posteo.de mailbox.org orange.fr wanadoo.fr free.fr sfr.fr laposte.net libero.it virgilio.it tiscali.it alice.it
   btinternet.com sky.com virginmedia.com ntlworld.com telenet.be skynet.be ziggo.nl kpnmail.nl xs4all.nl bluewin.ch seznam.cz centrum.cz wp.pl o2.pl onet.pl
   interia.pl mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com rambler.ru ukr.net qq.com 163.com 126.com sina.com foxmail.com aliyun.com
   naver.com daum.net hanmail.net rediffmail.com uol.com.br bol.com.br terra.com.br comcast.net verizon.net att.net sbcglobal.net cox.net charter.net
   bellsouth.net shaw.ca rogers.com sympatico.ca bigpond.com optusnet.com.au`
    .trim()
    .split(/\s+/),
)

/** One mailbox: a local part and a domain with a dot. Deliberately plain: what a form or a CRM sends, not all that RFC 5322 allows. */
const ADDRESS =
  /^[^\s@"(),:;<>[\]\\]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}[\p{L}\p{N}-]{0,61}[\p{L}\p{N}]$/u
const SOMEWHERE =
  /[^\s@"(),:;<>[\]\\/?&=#|]{1,64}(?:@|%40)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}[\p{L}\p{N}-]{0,61}[\p{L}\p{N}]/giu

export const isEmail = (text: string): boolean => text.length <= 254 && ADDRESS.test(text.trim())

/** The business domain of an address; '' for free mail. */
export const businessDomain = (email: string): string => {
  const domain = email.trim().toLowerCase().split('@').at(-1) ?? ''
  return FREE_MAIL_DOMAINS.has(domain) ? '' : domain
}

/** Cheap enough for every string of every event: almost none has an @ or its URL escape. */
export const mayHoldEmail = (text: string): boolean => text.includes('@') || text.includes('%40')

/** The text with every address in it replaced; `%40` counts as @. The same text when there is none. */
export const replaceEmails = (text: string, pseudonym: (email: string) => string): string =>
  text.replaceAll(SOMEWHERE, address => pseudonym(address.replaceAll(/%40/gi, '@')))

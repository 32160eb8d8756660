/** The fiscal quarter in which a day of the tenant lies. */
export const quarterOf = (date: string, startMonth: number): string => {
  const [year, month] = [Number(date.slice(0, 4)), Number(date.slice(5, 7))]
  const place = (month - startMonth + 12) % 12
  return `${startMonth > 1 && month >= startMonth ? year + 1 : year}-Q${Math.floor(place / 3) + 1}`
}

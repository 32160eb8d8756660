/** Whose it is, before a name: the colour of a side. */
export const SideMark = ({ of }: { readonly of: string }) => (
  <i className={`side ${of}`} style={{ display: 'inline-block', marginRight: 7 }} />
)

/** Leaks in money, step by step. */
export const Leaks = () => null

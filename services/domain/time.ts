/** "Since ever" and "for ever" as the tables write them; both fit DateTime64(3) and DateTime64(6). */
export const EVER = '1900-01-01 00:00:00'
export const FOREVER = '2290-01-01 00:00:00'

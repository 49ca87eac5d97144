/** A parameter of a statement. */
export type SqlValue = string | number | null;

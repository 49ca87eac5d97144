/** What is found in a database, without changing anything in it. */
export interface Inspection {
  /** The migrations it has had; null before a server has ever used it. */
  schemaVersion: number | null;
  /** What this program brings it to. */
  knownVersion: number;
  /** The store's clock, epoch ms. */
  now: number;
  /** It takes no writes now, such as a standby. An account with special rights may be able to write all the same. */
  isReadOnly: boolean;
}

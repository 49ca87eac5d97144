/** The state of a database, read without changing it. */
export interface Inspection {
  /** The version of its last migration; null if no server has used it yet. */
  schemaVersion: number | null;
  /** The version that this program migrates to. */
  knownVersion: number;
  /** The store's clock, epoch ms. */
  now: number;
  /** It takes no writes now, such as a standby. An account with special rights may be able to write all the same. */
  isReadOnly: boolean;
}

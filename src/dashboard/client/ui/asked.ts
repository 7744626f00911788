/** What a query says of itself. */
export interface Asked<Data> {
  data: Data | undefined;
  error: unknown;
  /** Why the last attempt failed, while there are others to come. */
  failureReason?: unknown;
  refetch: () => unknown;
}

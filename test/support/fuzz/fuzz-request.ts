/** A request of the fuzzer, before the ids and cursors of a running service stand in it. */
export interface FuzzRequest {
  /** Of the document, such as `GET /api/v1/plans/{id}`. */
  operation: string;
  method: string;
  /** With its query; may hold placeholders, as may the headers and the body. */
  path: string;
  headers: [name: string, value: string][];
  body?: string;
  /** Of the body; UTF-8 by default. */
  encoding?: BufferEncoding;
  /** Stands at a limit: where the document allows it, it is no invalid request. */
  isAtLimit?: string;
}

/** Bytes for a socket, as Latin-1; nothing that is right in them may write anything. */
export interface RawRequest {
  raw: string;
  /** Ends the connection at once and not by a half-close, so that no answer can come. */
  isCut: boolean;
}

/** One line for a shell that sends a request again, with every check. */
export function shellLine(request: FuzzRequest | RawRequest): string {
  return `REQUEST='${JSON.stringify(request).replaceAll("'", '\\u0027')}' npm run test:fuzz`;
}

export function requestIn(line: string): FuzzRequest | RawRequest {
  return JSON.parse(line) as FuzzRequest | RawRequest;
}

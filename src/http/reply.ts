/** The answer to a request, as far as routes set it by hand; of Fastify and of Express alike. */
export interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
}

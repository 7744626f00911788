const CREDENTIAL = Symbol('credential');

/** A member by which somebody signs in: it is used as it was sent, and never stored or answered. */
export const Credential = (): PropertyDecorator => (target, name) =>
  Reflect.defineMetadata(CREDENTIAL, true, target, name);

export function isCredential(dto: object, name: string): boolean {
  return Reflect.getMetadata(CREDENTIAL, dto, name) === true;
}

// The ground of the wire contract: named schemas that are proven, when compiled, to say the same as the kernel's types.

import * as z from 'zod';

// The dashboard runs under a Content-Security-Policy that forbids eval, which zod would otherwise try for speed.
z.config({ jitless: true });

/** Names under which schemas appear in the OpenAPI document. */
export const WIRE_NAMES = z.registry<{ id: string }>();

/** A type as JSON shows it: readonly everywhere, so that two ways of writing the same shape compare equal. */
type Seen<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly Seen<Item>[]
    : { readonly [Key in keyof Value]: Seen<Value[Key]> };

type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;

type Differs = { readonly 'the schema and the kernel type differ': never };

/** Names a schema that exists only on the wire. */
export const named = <Schema extends z.ZodType>(id: string, schema: Schema): Schema => {
  WIRE_NAMES.add(schema, { id });
  return schema;
};

/**
 * Names a schema that mirrors a kernel type: `mirrors<TownView>()('Town', z.object({ … }))`.
 * A key too few, a key too many or a wrong type on either side does not compile.
 */
export const mirrors =
  <View>() =>
  <Schema extends z.ZodType>(
    id: string,
    schema: Schema & (Same<Seen<View>, Seen<z.output<Schema>>> extends true ? unknown : Differs),
  ): z.ZodType<View> =>
    named<z.ZodType>(id, schema) as z.ZodType<View>; // decoder: the parameter's type is the proof

/** Gives a plain schema the kernel's brand. The value on the wire stays what it is. */
export const branded = <Brand>(schema: z.ZodType): z.ZodType<Brand> => schema as z.ZodType<Brand>; // brand

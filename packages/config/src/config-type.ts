/** The typed configuration, derived from the declarations: snake_case becomes camelCase, durations end in `Ms`. */
import type { Duration, Option } from './option.ts';

type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

export type Typed<T> = {
  readonly [
    K in keyof T as T[K] extends Duration<unknown> ? `${Camel<K & string>}Ms` : Camel<K & string>
  ]: T[K] extends Option<infer V> ? V : Typed<T[K]>;
};

const CHUNK_BITS = 5;
const CHUNK = 1 << CHUNK_BITS;

/**
 * An array of fixed length that never changes: `with` gives a new one that shares all but two short pieces with it.
 * For the states of a thousand threads, of which an operation changes one.
 */
export class PersistentArray<T> {
  private readonly chunks: readonly (readonly T[])[];
  readonly length: number;

  private constructor(chunks: readonly (readonly T[])[], length: number) {
    this.chunks = chunks;
    this.length = length;
  }

  static filled<T>(length: number, value: T): PersistentArray<T> {
    const chunks = Array.from({ length: Math.ceil(length / CHUNK) }, (_, i) =>
      Array.from({ length: Math.min(CHUNK, length - i * CHUNK) }, () => value),
    );
    return new PersistentArray(chunks, length);
  }

  at(index: number): T {
    return (this.chunks[index >>> CHUNK_BITS] as readonly T[])[index & (CHUNK - 1)] as T;
  }

  with(index: number, value: T): PersistentArray<T> {
    const chunks = this.chunks.slice();
    const chunk = (chunks[index >>> CHUNK_BITS] as readonly T[]).slice();
    chunk[index & (CHUNK - 1)] = value;
    chunks[index >>> CHUNK_BITS] = chunk;
    return new PersistentArray(chunks, this.length);
  }
}

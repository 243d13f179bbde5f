export interface ObjectInfo {
  key: string
  sizeBytes: number
  /** Lower-case hexadecimal SHA-256 of the content. Also the ETag. */
  sha256: string
  mimeType: string
}

/** What a listing knows. The rest takes a {@link Objects.head} each where objects are far away. */
export type ListedObject = Pick<ObjectInfo, 'key' | 'sizeBytes'>

export interface ByteRange {
  /** First byte, from 0. */
  start: number
  /** Last byte, inclusive. */
  end: number
}

export interface ObjectBody extends ObjectInfo {
  stream: AsyncIterable<Uint8Array>
}

/** A file on this machine for tools that need a path. Read only; `await using` lets go of it. */
export interface LocalFile extends AsyncDisposable {
  path: string
}

export interface Abortable {
  /** Ends the work: the promise or the stream rejects with its reason. An object that was about to appear may still do so, whole. */
  signal?: AbortSignal
}

export interface PutOptions extends Abortable {
  mimeType: string
  /**
   * The key gets the hash of the bytes, so that they replace nothing but the same: `a/film.mp4` is stored as
   * `a/film-<16 digits>.mp4`, and what is returned says so. For all of which a row says what is in it: a run that stood still or was
   * cut off may write when another has long taken its place.
   */
  keyed?: 'by-content'
}

export interface PresignOptions {
  /** At most 7 days. */
  expiresSeconds: number
  /** `Content-Type` of the answer. */
  mimeType: string
  /** `Content-Disposition` of the answer, e.g. `attachment; filename="a.mp4"`. */
  disposition: string
}

/**
 * Immutable bytes under a key: slash-separated segments of `[A-Za-z0-9._-]`, none of them `.` or `..`, at most 512 characters.
 * A put is atomic: a reader sees the whole object or none. Putting to an existing key replaces it atomically.
 * Errors: `file_not_found`, `range_not_satisfiable`, `storage_full`, `storage_unavailable`.
 */
export interface Objects {
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions): Promise<ObjectInfo>
  /** Stores a finished local file and takes it over: it is gone afterwards. */
  putFile(key: string, path: string, options: PutOptions): Promise<ObjectInfo>
  get(key: string, range?: ByteRange, options?: Abortable): Promise<ObjectBody>
  head(key: string): Promise<ObjectInfo | undefined>
  /** Safe to repeat. */
  remove(key: string): Promise<void>
  list(prefix: string): AsyncIterable<ListedObject>
  localFile(key: string, options?: Abortable): Promise<LocalFile>
  /**
   * An address at which the object can be read by GET, ranges too, by whoever knows it. Whether it is there is not looked at.
   * Absent where only this process can read.
   */
  presignedUrl?(key: string, options: PresignOptions): Promise<string>
  /**
   * Says whose objects these are, if nobody has, and returns whose they are: two installations in one place would take each other's for left
   * behind. Absent where the objects lie beside their database.
   */
  claim?(installation: string): Promise<string>
}

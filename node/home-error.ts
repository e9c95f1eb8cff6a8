/** Why a home cannot be used, as a code and a sentence that says what to do. */
export type HomeErrorCode =
  | 'home/in-use'
  | 'home/unwritable'
  | 'home/newer'
  | 'home/disk-full'
  | 'home/damaged'
  | 'vault/damaged'
  | 'vault/passphrase-needed'
  | 'vault/passphrase-wrong'

export class HomeError extends Error {
  override readonly name = 'HomeError'
  readonly code: HomeErrorCode

  constructor(code: HomeErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** The same failure of the file system, as a sentence. */
export function homeErrorOf(error: unknown, home: string): unknown {
  const code = (error as NodeJS.ErrnoException)?.code
  if (isDiskFull(error))
    return new HomeError('home/disk-full', `The disk of ${home} is full. Free some space and start again.`)
  // ENOENT is what making a folder on a read-only disk ends with.
  if (code && ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT'].includes(code)) {
    return new HomeError('home/unwritable', `The folder ${home} cannot be written. Choose another one with --home.`)
  }
  return error
}

/** Whether a write failed because there was no room for it. RocksDB says so only in words, or as the cause of what it says. */
export function isDiskFull(error: unknown): boolean {
  const { code, message, cause } = (error ?? {}) as NodeJS.ErrnoException
  const isFull =
    code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' || /no space left on device/i.test(message ?? '')
  return isFull || (cause !== undefined && isDiskFull(cause))
}

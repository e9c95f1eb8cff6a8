import { statfs } from 'node:fs/promises'

/** RocksDB does not recover from a disk that is full to the last byte, so nothing more is written before it comes to that. */
const reserveBytes = 64 * 2 ** 20
const lookEveryMs = 1_000
const freshMs = 250

/** Watches how much the disk of a home still holds. */
export class FreeSpace {
  readonly #home: string
  readonly #timer: NodeJS.Timeout
  #isLow = false
  #looked = 0
  #listener: (() => void) | null = null

  private constructor(home: string) {
    this.#home = home
    this.#timer = setInterval(() => void this.#look(), lookEveryMs).unref()
  }

  static async open(home: string): Promise<FreeSpace> {
    const space = new FreeSpace(home)
    await space.#look()
    return space
  }

  /** Whether nothing more may be written, as far as is known. */
  get isLow(): boolean {
    return this.#isLow
  }

  /** Call back whenever `isLow` has changed. */
  onChange(listener: () => void): void {
    this.#listener = listener
  }

  /** Throws ENOSPC if nothing more may be written now. */
  async require(): Promise<void> {
    if (performance.now() - this.#looked > freshMs) await this.#look()
    if (this.#isLow) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    this.#looked = performance.now()
    // Where this cannot be asked, writing itself will tell.
    const disk = await statfs(this.#home).catch(() => null)
    const isLow = disk !== null && disk.bavail * disk.bsize < reserveBytes
    if (isLow === this.#isLow) return
    this.#isLow = isLow
    this.#listener?.()
  }
}

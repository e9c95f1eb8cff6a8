import { join } from 'node:path'
import { readIfThere, writeDurably } from './durable-file.ts'
import type { Doubt } from './key-vault.ts'

interface MarkFile {
  readonly version: 1
  /** Of the machine, since it was started last; null where it cannot be told. */
  readonly boot: string | null
  readonly clean: boolean
  /** The logs were found to be a copy, and that is kept nowhere else yet. */
  readonly copied: boolean
}

/** What a home says about how its logs were left. Spec: specs/log.md#going-on. */
export interface StoreMark {
  /** Why it is not known how the own logs end; null if it is. */
  readonly doubt: Doubt | null
  /** The logs are in use: what `doubt` says is kept elsewhere by now. */
  begin(): Promise<void>
  /** The logs are on disk, all of them, and closed. */
  end(): Promise<void>
}

/** A clean mark is used up by the run that finds it, and so is no use to a copy of the home from then on. */
export async function readStoreMark(home: string, { isNew }: { readonly isNew: boolean }): Promise<StoreMark> {
  const boot = await bootId()
  const left = parse(await readIfThere(pathOf(home)))
  const isKnown = isNew || left?.clean || (left != null && boot !== null && left.boot === boot)
  return {
    doubt: left?.copied ? 'copied' : isKnown ? null : 'unclean',
    begin: () => write(home, { version: 1, boot, clean: false, copied: false }),
    end: () => write(home, { version: 1, boot, clean: true, copied: false }),
  }
}

/** The logs have turned out to be a copy: durable before anything else forgets it. */
export function markAsCopy(home: string): Promise<void> {
  return write(home, { version: 1, boot: null, clean: false, copied: true })
}

const pathOf = (home: string) => join(home, 'store-mark.json')

const write = (home: string, mark: MarkFile): Promise<void> => writeDurably(pathOf(home), `${JSON.stringify(mark)}\n`)

/** As long as it stays the same, what a process had written is on disk or on its way there. Linux alone tells. */
async function bootId(): Promise<string | null> {
  const text = await readIfThere('/proc/sys/kernel/random/boot_id').catch(() => null)
  return text?.trim() || null
}

function parse(text: string | null): MarkFile | null {
  try {
    const mark = JSON.parse(text ?? 'null') as MarkFile | null
    return mark?.version === 1 ? mark : null
  } catch {
    return null
  }
}

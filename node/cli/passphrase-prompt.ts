import { readFile } from 'node:fs/promises'
import { cannotRead, Failure } from './failure.ts'

const attempts = 3

/** Open what a passphrase may lock: with the one in the file if there is a file, else asking the person, three times at most. */
export async function openUnlocked<T>(
  file: string | null,
  open: (passphrase?: () => Promise<string>) => Promise<T>,
): Promise<T> {
  if (file !== null) return openWithFile(file, open)
  let passphrase: (() => Promise<string>) | undefined
  for (let asked = 0; ; asked++) {
    try {
      return await open(passphrase)
    } catch (error) {
      const code = lockCode(error)
      if (!code) throw error
      if (asked === attempts)
        throw new Failure(code, 'That was not the passphrase either. Nothing was changed; start again.')
      const answer = await askPassphrase(
        code === 'vault/passphrase-wrong' ? 'That was not it. Passphrase' : 'Passphrase',
      )
      passphrase = async () => answer
    }
  }
}

/** Ask for a passphrase without showing it. Throws `Failure` where nobody can be asked. */
export async function askPassphrase(message: string): Promise<string> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new Failure(
      'vault/passphrase-needed',
      'A passphrase is needed and there is no terminal to ask for it. Put it into a file and name that in PARLEY_PASSPHRASE_FILE.',
    )
  }
  const { isCancel, password } = await import('@clack/prompts')
  const answer = await password({ message, output: process.stderr })
  if (isCancel(answer)) throw new Failure('cancelled', 'Stopped. Nothing was changed.')
  return answer
}

/** The passphrase in a file: everything but a last line break. */
export async function readPassphraseFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    throw cannotRead(file, error)
  }
}

async function openWithFile<T>(file: string, open: (passphrase: () => Promise<string>) => Promise<T>): Promise<T> {
  try {
    return await open(() => readPassphraseFile(file))
  } catch (error) {
    if (lockCode(error) !== 'vault/passphrase-wrong') throw error
    throw new Failure('vault/passphrase-wrong', `The passphrase in ${file} does not open the keys of this home.`)
  }
}

/** Whether it is a passphrase that is missing or wrong, and which. */
export function lockCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return error.code === 'vault/passphrase-needed' || error.code === 'vault/passphrase-wrong' ? error.code : null
}

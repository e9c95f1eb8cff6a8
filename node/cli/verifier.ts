import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { addCommand, outputOf } from './command.ts'
import { cannotRead } from './failure.ts'
import { refuseExisting, writeWhole } from './written-file.ts'

interface VerifierOptions {
  readonly json?: true
  readonly force?: true
}

/** Where the build leaves it, beside the page: dist/node/cli and dist/web. */
const built = fileURLToPath(new URL('../../web/parley-verifier.html', import.meta.url))

/** `parley verifier`: the program that verifies, as one file for any browser. */
export function addVerifier(program: Command): void {
  addCommand(program, {
    usage: 'verifier <file>',
    summary: 'write the verifier as one page, which checks files in any browser, without a network',
    examples: ['verifier parley-verifier.html'],
    json: '{file, bytes}',
    home: false,
  })
    .option('--force', 'overwrite the file if it exists')
    .action(async (file: string, options: VerifierOptions) => {
      const output = outputOf(options)
      const path = resolve(file)
      await refuseExisting(path, options.force === true)
      const source = await open(built).catch((error: unknown) => {
        throw cannotRead(built, error)
      })
      const bytes = await writeWhole(path, source.createReadStream())
      output.result({ file: path, bytes }, () => `${path}  ${bytes.toLocaleString()} bytes`)
    })
}

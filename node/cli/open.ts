import type { Command } from 'commander'
import { hasDisplay, openBrowser } from './browser.ts'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { usage } from './failure.ts'
import { connectNode } from './node-client.ts'
import type { Output } from './output.ts'

interface OpenOptions extends CommonOptions {
  readonly open: boolean
}

/** `parley open`: let a browser in, or show it a link. */
export function addOpen(program: Command): void {
  addCommand(program, {
    usage: 'open [link]',
    summary: 'open the page of the running node and let this browser in; with a link, show that room',
    examples: ['open', 'open --no-open', "open 'http://localhost:7717/#/join/…'"],
    json: '{url}; no browser is opened',
  })
    .option('--no-open', 'print the address instead of opening a browser')
    .action(async (link: string | undefined, options: OpenOptions) => {
      const output = outputOf(options)
      const node = await connectNode(homeOf(options))
      const url = link === undefined ? (await node.send('create-login-code', {})).url : joinUrl(node.run.url, link)
      await showPage(url, options.open, output)
      output.result({ url }, () => (options.open && hasDisplay() ? '' : url))
    })
}

/** Open a page, if a browser is wanted and there is a screen. */
export async function showPage(url: string, wanted: boolean, output: Output): Promise<void> {
  if (wanted && !output.json && hasDisplay()) await openBrowser(url, output)
}

/** A link leads to port 7717 or to no port at all; this node may listen on another. */
function joinUrl(page: string, link: string): string {
  const [, code] = /(?:#\/|^parley:(?:\/\/)?)join\/([\w-]+)$/.exec(link.trim()) ?? []
  if (code === undefined) throw usage('This is not a Parley link, or a part of it is missing.')
  return `${page}/#/join/${code}`
}

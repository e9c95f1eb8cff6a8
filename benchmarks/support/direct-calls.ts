import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import type { Person } from '../../test/support/people.ts'

interface DirectPage {
  open(): Promise<void>
  begin(): Promise<string>
  answer(offer: string): Promise<string>
  finish(answer: string): Promise<void>
  add(candidate: string): void
  frame: Promise<number>
  close(keepCamera: boolean): void
}

declare global {
  interface Window {
    direct: DirectPage
  }
}

// Source for the page, not functions: see page-calls.ts.
const html = `<!doctype html><title>direct</title><video muted autoplay></video><script>
  const now = () => performance.timeOrigin + performance.now()
  const video = document.querySelector('video')
  let stream = null, connection = null, early = [], described = false
  const opened = async () => (stream ??= await navigator.mediaDevices.getUserMedia({ audio: true, video: true }))
  function connect() {
    connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    early = []
    described = false
    connection.onicecandidate = ({ candidate }) => { if (candidate) tell(JSON.stringify(candidate)) }
    const remote = new MediaStream()
    video.srcObject = remote
    connection.ontrack = ({ track }) => remote.addTrack(track)
    direct.frame = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(now())))
  }
  async function read(type, sdp) {
    await connection.setRemoteDescription({ type, sdp })
    described = true
    for (const candidate of early) connection.addIceCandidate(candidate)
  }
  window.direct = {
    async open() { await opened() },
    async begin() {
      connect()
      for (const track of (await opened()).getTracks()) connection.addTrack(track, stream)
      await connection.setLocalDescription()
      return connection.localDescription.sdp
    },
    async answer(offer) {
      connect()
      const [media] = await Promise.all([opened(), read('offer', offer)])
      for (const track of media.getTracks()) connection.addTrack(track, media)
      await connection.setLocalDescription()
      return connection.localDescription.sdp
    },
    finish: (answer) => read('answer', answer),
    add(text) {
      const candidate = JSON.parse(text)
      if (described) connection.addIceCandidate(candidate)
      else early.push(candidate)
    },
    close(keepCamera) {
      connection?.close()
      connection = null
      video.srcObject = null
      if (keepCamera) return
      for (const track of stream?.getTracks() ?? []) track.stop()
      stream = null
    },
  }
</script>`

/** The floor: the same two browsers, joined by nothing but this process, with direct candidates. */
export async function openDirectCalls(people: readonly [Person, Person]) {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`
  const pages = await Promise.all(people.map(({ browser }) => browser.context.newPage()))
  const [ada, ben] = pages as [Page, Page]
  const tell = (to: Page) => (_source: unknown, candidate: string) =>
    to.evaluate((text) => window.direct.add(text), candidate).catch(() => {})
  await ada.exposeBinding('tell', tell(ben))
  await ben.exposeBinding('tell', tell(ada))
  for (const page of pages) await page.goto(url)

  return {
    /** Milliseconds from the click until both have a frame of the other. */
    async call({ camerasOpen }: { readonly camerasOpen: boolean }): Promise<number> {
      for (const page of pages) {
        await page.bringToFront()
        await page.evaluate((open) => (open ? window.direct.open() : window.direct.close(false)), camerasOpen)
      }
      const began = await ada.evaluate(() => performance.timeOrigin + performance.now())
      const offer = await ada.evaluate(() => window.direct.begin())
      const answer = await ben.evaluate((sdp) => window.direct.answer(sdp), offer)
      await ada.evaluate((sdp) => window.direct.finish(sdp), answer)
      const frames = await Promise.all(pages.map((page) => page.evaluate(() => window.direct.frame)))
      for (const page of pages) await page.evaluate(() => window.direct.close(false))
      return Math.max(...frames) - began
    },
  }
}

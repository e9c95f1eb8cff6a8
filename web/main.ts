// First, because it orders the layers that every component's style belongs to.
import './style/index.css'

import { createApp, h } from 'vue'
import App from './App.vue'
import { sentenceOf } from './bridge/bridge-problem.ts'
import { makeEntrance } from './bridge/entrance.ts'
import { openLiveBridge } from './bridge/live-bridge.ts'
import { useCallMedia } from './calls/use-call-media.ts'
import { useGroupMedia } from './calls/use-group-media.ts'
import { router } from './router.ts'
import { callMediaKey } from './state/call-media.ts'
import { groupMediaKey } from './state/group-media.ts'
import { bridgeKey } from './state/use-bridge.ts'

void open()

async function open(): Promise<void> {
  if (import.meta.env.MODE === 'canned') {
    const { openCannedPage } = await import('./canned/open-canned-page.ts')
    return openCannedPage()
  }
  const entrance = makeEntrance({ fetch: fetch.bind(globalThis), storage: localStorage })
  const loginProblem = await login(entrance.useCode)
  const bridge = openLiveBridge({
    entrance,
    fetch: fetch.bind(globalThis),
    connect: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/events`),
  })
  createApp({ render: () => h(App, { loginProblem }) })
    .use(router)
    .provide(bridgeKey, bridge)
    .provide(callMediaKey, useCallMedia)
    .provide(groupMediaKey, useGroupMedia)
    .mount('#app')
}

/** Use the login code in the address, if there is one, and take it out of the address and the history at once. */
async function login(useCode: (code: string) => Promise<void>): Promise<string | null> {
  const code = /^#\/login\/([^/?#]+)/.exec(location.hash)?.[1]
  if (code === undefined) return null
  history.replaceState(null, '', '#/')
  try {
    await useCode(code)
    return null
  } catch (error) {
    return sentenceOf(error)
  }
}

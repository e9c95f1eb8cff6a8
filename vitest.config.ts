import vue from '@vitejs/plugin-vue'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const project = (
  name: string,
  options: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
})

// Groups run one after the other; a project that is alone in its group has the machine to itself.
const alone = (groupOrder: number, seconds: number): TestProjectInlineConfiguration['test'] => ({
  fileParallelism: false,
  maxWorkers: 1,
  sequence: { groupOrder },
  testTimeout: seconds * 1000,
  hookTimeout: seconds * 1000,
})

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      project('vectors'),
      project('protocol'),
      project('node'),
      { ...project('web', { environment: 'happy-dom' }), plugins: [vue()] },
      project('scenario', alone(1, 120)),
      project('browser', alone(2, 300)),
    ],
  },
})

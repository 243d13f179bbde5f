// Everything that can be said about the sources without compiling or running them.
import { biome, imports, unused } from './static-checks.ts'

const failed = [biome, imports, unused].filter((check) => !check.passes())
console.log(failed.length === 0 ? 'lint: nothing to say' : `lint: ${failed.map(({ name }) => name).join(', ')} failed`)
process.exitCode = failed.length === 0 ? 0 : 1

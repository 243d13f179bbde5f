/** The contract suites, one per port: a driver is right when its suite says so. Call them in a Vitest file of your own. */
export { type BusContract, busContract } from './bus-contract.ts'
export { type ModeratorContract, moderatorContract } from './moderator-contract.ts'
export { type ObjectsContract, objectsContract } from './objects-contract.ts'
export { type ProviderContract, providerContract } from './provider-contract.ts'
export { type QueueContract, queueContract } from './queue-contract.ts'
export { type StoreContract, storeContract } from './store-contract.ts'
export { type TranscriberContract, transcriberContract } from './transcriber-contract.ts'
export { type PlayedVendor, type VendorContract, type VendorKey, vendorContract } from './vendor-contract.ts'

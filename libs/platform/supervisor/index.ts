export { startServices } from './start-services';
export type { Services, StartOptions } from './start-services';
export { migrateQueues } from './queue-schema';

import { runService } from '@aceso/platform';
import { startApi } from './api';

void runService('api', startApi);

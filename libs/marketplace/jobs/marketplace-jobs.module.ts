import { Module } from '@nestjs/common';
import { MarketplaceModule } from '../marketplace.module';
import { AskConsumer, LapseConsumer } from './ask.consumer';
import { UnfinishedRequests } from './unfinished-requests';

@Module({ imports: [MarketplaceModule], providers: [AskConsumer, LapseConsumer, UnfinishedRequests] })
export class MarketplaceJobsModule {}

// A Nest worker in a process of its own that dies at the call that KILL_POINT names.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { createClient } from 'redis';
import { dyingStore } from './dying-store.js';
import { killApplication, type KillSite } from './kill-application.js';
import type { KillPoint } from './kill-point.js';

const { KILL_SITE = '', KILL_POINT = '' } = process.env;

const site = JSON.parse(KILL_SITE) as KillSite;
const point = JSON.parse(KILL_POINT) as KillPoint;
const client = createClient({ url: site.redis });
await client.connect();
const push = (key: string, value: string): Promise<number> => client.rPush(key, value);
await NestFactory.createApplicationContext(killApplication(site, push, (store) => dyingStore(store, point)));

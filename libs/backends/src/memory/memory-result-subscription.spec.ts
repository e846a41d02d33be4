import { resultSubscriptionContract } from '../contract/result-subscription-contract.test-support.js';
import { MemoryResultStore } from './index.js';

resultSubscriptionContract('memory', async () => {
  const store = new MemoryResultStore();
  return { store, pass: async () => {}, close: () => store.close() };
});

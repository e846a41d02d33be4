import { expect, it } from 'vitest';
import { openEndpoint } from './endpoint.js';

const keys = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
const region = { AWS_REGION: 'us-east-1' };

it.each([
  [{ AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' }, { ...region, ...keys }],
  [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_REGION: 'eu-west-1' }, keys],
  [{ AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'mine' }, region],
  [{ AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1', AWS_PROFILE: 'mine' }, {}],
  [{ AWS_ENDPOINT_URL_SQS: 'https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com' }, {}],
  [{ AWS_ACCESS_KEY_ID: 'mine' }, {}],
])('completes %j', async (given, expected) => {
  expect((await openEndpoint(given)).env).toEqual(expected);
});

it('shows no credentials', async () => {
  const { description } = await openEndpoint({ AWS_ENDPOINT_URL_SQS: 'http://key:topsecret@127.0.0.1:1/' });
  expect(description).toBe('http://127.0.0.1:1');
});

it('starts a local endpoint where the environment names none', async () => {
  const endpoint = await openEndpoint({});
  expect(endpoint.env).toMatchObject({ ...keys, ...region, AWS_ENDPOINT_URL_SQS: expect.stringMatching(/^http:/) });
  await endpoint.close();
});

import { describe, expect, it } from 'vitest';
import type { SqsCeleryOptions } from './sqs-celery-options.js';
import { optionProblems } from './validate-options.js';

describe('optionProblems', () => {
  it.each([
    {},
    { queues: ['celery', { name: 'reports', concurrency: 2, consume: false }] },
    { queues: [{ name: 'a.fifo', url: 'https://sqs.eu-west-1.amazonaws.com/1/a.fifo' }], taskDefaultQueue: 'a.fifo' },
    { brokerUrl: 'sqs://key:secret@', clientConfig: { region: 'eu-west-1' }, taskDefaults: { maxRetries: null } },
    { concurrency: undefined, worker: false, envelope: 'compact', waitTimeSeconds: 0 },
  ] satisfies SqsCeleryOptions[])('finds nothing wrong with %j', (options) => {
    expect(optionProblems(options)).toEqual([]);
  });

  it.each([
    [{ taskDefaults: null }, 'taskDefaults must be an object, got null'],
    [{ brokerUrl: {} }, /got an object \(not shown\)$/],
    [{ queus: [] }, /^queus is not an option; known are .*queues/],
    [{ queues: [] }, 'queues must be an array of queue names or { name, … }, at least one, got an empty array'],
    [{ queues: [1] }, 'queues[0] must be a name or { name, … }, got 1'],
    [{ queues: [{}] }, 'queues[0].name is missing'],
    [{ queues: [''] }, 'queues[0] must be a name that is not empty'],
    [{ queues: ['a', { name: 'b', concurency: 1 }] }, /^queues\[1\]\.concurency is not an option/],
    [{ queues: [{ name: 'b', concurrency: 0 }] }, 'queues[0].concurrency must be a whole number from 1, got 0'],
    [
      { queues: [{ name: 'b', url: 'b' }] },
      "queues[0].url must be the URL of a queue (http or https) without credentials, got 'b'",
    ],
    [{ queues: ['a', 'a'] }, "queues lists 'a' twice"],
    [{ queues: ['a.b', 'a-b'] }, "queues 'a.b' and 'a-b' are both 'a-b' on SQS"],
    [{ queues: [{ name: 'a', url: 'http://h/a.fifo' }] }, /must have a name ending with \.fifo/],
    [{ queues: [{ name: 'a.fifo', url: 'http://h/a' }] }, /is not a FIFO queue/],
    [{ queues: ['ä'] }, /SQS allows 1 to 80/],
    [
      { taskDefaultQueue: 'x', queues: ['a', 'b'] },
      "taskDefaultQueue names the queue 'x', which is not one of queues (a, b)",
    ],
    [{ taskDefaults: { queue: 'x' }, queues: ['a'] }, /^taskDefaults\.queue names the queue 'x'/],
    [{ taskDefaults: { maxRetries: -1 } }, /^taskDefaults: 'maxRetries' must be/],
    [{ waitTimeSeconds: 21 }, 'waitTimeSeconds must be a whole number of seconds from 0 to 20, got 21'],
    [{ shutdownTimeoutMs: '1s' }, "shutdownTimeoutMs must be a whole number of milliseconds from 0, got '1s'"],
    [{ unknownTask: 'drop' }, "unknownTask must be 'handBack' or 'deadLetter' or 'fail', got 'drop'"],
    [
      { queues: [{ name: 'a', deadLetter: { maxRecieveCount: 3 } }] },
      /^queues\[0\]\.deadLetter\.maxRecieveCount is not an/,
    ],
    [
      { queues: [{ name: 'a', deadLetter: { maxReceiveCount: 0 } }] },
      /^queues\[0\]\.deadLetter\.maxReceiveCount must be/,
    ],
    [
      { queues: [{ name: 'a', deadLetter: { attributes: { delaySeconds: -1 } } }] },
      'queues[0].deadLetter.attributes: delaySeconds must be a whole number from 0 to 900, not -1',
    ],
    [
      { queues: [{ name: 'a', attributes: { fifoThroughputLimit: 'perQueue' } }] },
      'queues[0].attributes: fifoThroughputLimit is for FIFO queues only',
    ],
    [
      { queues: [{ name: 'a', visibilityTimeout: 30, attributes: { visibilityTimeout: 60 } }] },
      'queues[0].visibilityTimeout is 30, but queues[0].attributes.visibilityTimeout is 60: give one of them',
    ],
    [
      { acceptContent: [] },
      "acceptContent must be ['application/json'], as nothing else can be read yet, got an empty array",
    ],
    [{ acceptContent: ['application/json', 'application/x-yaml'] }, /^acceptContent must be/],
    [{ client: {} }, /^client must be a client of the AWS SDK's/],
    [{ client: { send: true }, brokerUrl: 'sqs://' }, /^client cannot be combined/],
  ])('%#: says what is wrong with %j', (options, problem) => {
    const problems = optionProblems(options as SqsCeleryOptions);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it('lists everything at once', () => {
    expect(optionProblems({ concurrency: -1, prefetch: 0.5, queues: ['a', 'a'] })).toHaveLength(3);
  });

  it.each<[SqsCeleryOptions, RegExp]>([
    [{ queues: [{ name: 'a', url: 'sqs://AKID:topsecret@' }] }, /^queues\[0\]\.url must be the URL of a queue/],
    [{ queues: [{ name: 'a', url: 'https://AKID:topsecret@h/a' }] }, /^queues\[0\]\.url must be .*without credentials/],
    [{ queues: [{ name: 'a.fifo', url: 'https://AKID:topsecret@h/a' }] }, /^queues\[0\]\.url must be/],
    [
      { queues: [{ name: 'AKID:topsecret@', url: 'https://h/a.fifo' }] },
      /^queues\[0\]\.name must be the name of a queue/,
    ],
    [{ queues: ['sqs://AKID:topsecret@'] }, /^queues\[0\] must be the name of a queue, not a URL/],
    [{ queues: 'sqs://AKID:topsecret@' as never }, /^queues must be an array/],
    [
      { queues: ['a'], taskDefaultQueue: 'sqs://AKID:topsecret@' },
      /^taskDefaultQueue names the queue a URL \(not shown\)/,
    ],
  ])('%#: names what is wrong with a URL without showing it', (options, problem) => {
    const problems = optionProblems(options);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems.join()).not.toContain('secret');
  });

  it('shows no secret', () => {
    const problems = optionProblems({ brokerUrl: 'redis://user:hunter2@host', clientConfig: 'hunter2' as never });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('hunter2');
  });
});

import { Injectable } from '@nestjs/common';
import { Task } from 'nestjs-sqs-celery';

@Injectable()
export class SomethingTasks {
  @Task('do_something')
  doSomething(number: number): string {
    return `did something, time number ${number}`;
  }
}

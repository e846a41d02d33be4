/** A text, like what a program said when it failed, without the folders that only this machine has. */
export function hidePaths(text: string, folders: Readonly<Record<string, string>>): string {
  const longestFirst = Object.entries(folders).toSorted(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((hidden, [folder, shown]) => hidden.replaceAll(folder, shown), text);
}

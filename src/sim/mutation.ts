// Mutation.
export const printMutants = (workers: number, print: (line: string) => void): Promise<boolean> => {
  print(String(workers));
  return Promise.resolve(false);
};

"""The demo, and the throwaway servers on which it and the tests run."""

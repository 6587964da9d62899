//! When a temporary failure is tried again, and when to give up.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Limits on trying again; whichever is reached first ends it.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// How often a request is tried again after its first failure.
    pub retries: u32,
    /// How long a request may take with all its retries and waits.
    pub total: Duration,
    /// The wait before the first retry; each further one doubles it.
    pub first_delay: Duration,
    /// The longest wait that bilag chooses by itself.
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 6,
            total: Duration::from_secs(300),
            first_delay: Duration::from_millis(250),
            longest_delay: Duration::from_secs(10),
        }
    }
}

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Tries<'a> {
    policy: &'a RetryPolicy,
    started: Instant,
    retries: u32,
}

impl<'a> Tries<'a> {
    pub(super) fn start(policy: &'a RetryPolicy) -> Self {
        Self {
            policy,
            started: Instant::now(),
            retries: 0,
        }
    }

    /// How long to wait before the next try, or `None` when it is time to give up. A wait that
    /// the provider asks for is kept to the second or not at all.
    pub(super) fn next_delay(&mut self, asked: Option<Duration>) -> Option<Duration> {
        if self.retries >= self.policy.retries {
            return None;
        }
        let delay = asked.unwrap_or_else(|| self.backoff());
        self.retries += 1;
        let fits = self
            .started
            .elapsed()
            .checked_add(delay)
            .is_some_and(|time| time <= self.policy.total);
        fits.then_some(delay)
    }

    /// Doubles with each retry; a random part of up to a half is taken off, so that requests
    /// which failed together do not come back together.
    fn backoff(&self) -> Duration {
        let factor = 2u32.saturating_pow(self.retries);
        let delay = self
            .policy
            .first_delay
            .saturating_mul(factor)
            .min(self.policy.longest_delay);
        let half = delay / 2;
        let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
        delay - Duration::from_micros(random() % micros.saturating_add(1))
    }
}

/// A random number: the standard library seeds each `RandomState` differently.
fn random() -> u64 {
    RandomState::new().hash_one(0u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            retries: 3,
            total: Duration::from_secs(60),
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_millis(300),
        }
    }

    #[test]
    fn waits_grow_to_a_limit_and_end() {
        let policy = policy();
        let mut tries = Tries::start(&policy);
        for longest in [100, 200, 300] {
            let delay = tries.next_delay(None).unwrap();
            let longest = Duration::from_millis(longest);
            assert!(longest / 2 <= delay && delay <= longest, "{delay:?}");
        }
        assert_eq!(tries.next_delay(None), None);
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_unless_it_takes_too_long() {
        let policy = policy();
        let mut tries = Tries::start(&policy);
        assert_eq!(
            tries.next_delay(Some(Duration::from_secs(7))),
            Some(Duration::from_secs(7))
        );
        assert_eq!(tries.next_delay(Some(Duration::from_secs(61))), None);
        assert_eq!(tries.next_delay(Some(Duration::MAX)), None);
    }
}

//! What the process itself takes, under the names that Prometheus clients give it.

use std::fs;
use std::sync::{Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntGauge};
use rustix::time::{ClockId, clock_gettime};

/// Looks at the process when somebody asks.
pub(crate) struct ProcessCollector {
    cpu: Counter,
    memory: IntGauge,
    descriptors: IntGauge,
    /// What `cpu` was set to last: a counter takes differences only.
    cpu_told: Mutex<f64>,
}

impl ProcessCollector {
    pub(crate) fn new() -> prometheus::Result<Self> {
        Ok(Self {
            cpu: Counter::new("process_cpu_seconds_total", "Processor time, user and system, in seconds")?,
            memory: IntGauge::new("process_resident_memory_bytes", "Resident memory, in bytes")?,
            descriptors: IntGauge::new("process_open_fds", "Open file descriptors")?,
            cpu_told: Mutex::new(0.0),
        })
    }

    fn look(&self) {
        let cpu = cpu_seconds();
        let mut told = self.cpu_told.lock().unwrap_or_else(PoisonError::into_inner);
        self.cpu.inc_by((cpu - *told).max(0.0));
        *told = cpu;
        drop(told);
        // Where there is no /proc, the last value stays.
        resident_bytes().into_iter().for_each(|bytes| self.memory.set(bytes));
        open_descriptors().into_iter().for_each(|count| self.descriptors.set(count));
    }
}

impl Collector for ProcessCollector {
    fn desc(&self) -> Vec<&Desc> {
        [self.cpu.desc(), self.memory.desc(), self.descriptors.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.look();
        [self.cpu.collect(), self.memory.collect(), self.descriptors.collect()].concat()
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The second field of `/proc/self/statm`, in pages (proc(5)).
fn resident_bytes() -> Option<i64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = text.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(i64::try_from(rustix::param::page_size()).ok()?)
}

fn open_descriptors() -> Option<i64> {
    // The one that reads the folder is counted too, and not open afterwards.
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok().map(|count| count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_process_takes_is_told_and_time_only_rises() {
        let registry = prometheus::Registry::new();
        let collector = ProcessCollector::new().unwrap();
        registry.register(Box::new(collector)).unwrap();
        let value = |name: &str| -> f64 {
            let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
            line.parse().unwrap()
        };

        let before = value("process_cpu_seconds_total");
        let mut sum = 0u64;
        while value("process_cpu_seconds_total") <= before {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }

        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_open_fds") >= 3.0);
    }
}

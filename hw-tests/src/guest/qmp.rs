//! QMP
